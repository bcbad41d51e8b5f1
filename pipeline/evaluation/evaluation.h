// A trained network judged on a recipe's split: what `evaluate` prints and the report draws.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/formats/weight_files.h"
#include "pipeline/evaluation/clips/clip_measures.h"
#include "pipeline/evaluation/stream_report.h"
#include "pipeline/recipe/recipe.h"

namespace actionflow {

// The same videos shuffled, reversed and frozen (datasets/clips/perturb.h), each a share of right answers. A
// network that uses time does worse on all of them.
struct TimeDiagnosis {
  double shuffled = 0, reversed = 0, frozen = 0;
  // Where data.augment.reverse_labels says which class is which other's reversal: how many of the reversed
  // videos of such a class get the partner's label, and how many of the frozen ones get the right one of the
  // two, the other classes left out.
  std::optional<double> reversed_as_partner, frozen_within_pair;
};

struct LostVideo {
  std::string name, why;
};

struct Evaluation {
  std::string network, split;
  std::vector<std::string> classes;
  // Of the split, then of the validation split and of data.unknown, where these are looked at too.
  std::vector<LostVideo> unreadable;
  std::int64_t answered = 0;  // by this run, of those that `answers` did not have
  // Cut clips, each alone. None of a split of uncut videos: then what follows says nothing, but `streams`.
  std::vector<EvaluatedVideo> videos;
  Measures measures;
  Interval top1_interval;               // Wilson's, at 95 %
  std::optional<StreamReport> streams;  // of a network for streams, and of uncut videos
  // Kept with the weights: then all scores are at its temperature. Else fitted on the validation split, where
  // there is one that suffices; events are then by its thresholds.
  std::optional<Calibration> calibration;
  bool calibration_kept = false;
  // Kept with the weights, else chosen on the validation split; nothing without either.
  std::optional<double> temperature, threshold;
  // Videos of no class (data.unknown) against the split's, by confidence; nothing without such a list.
  std::optional<double> auroc, unknown_refused;
  std::optional<TimeDiagnosis> time;                      // of clips judged by a network for clips
  std::vector<std::pair<std::string, double>> perturbed;  // name, top-1
};

enum class Split { val, test };

struct EvaluationRequest {
  Split split = Split::test;
  bool perturb = false;    // and on every perturbation
  bool calibrated = true;  // use the calibration that is kept with the weights
  int threads = 0;         // videos at the same time; 0: one a processor
  Precision precision = Precision::f32;
  const std::atomic<bool>* stop = nullptr;
  std::filesystem::path answers;  // a folder of answers that runs share (kept_answers.h); empty: none
  // Given, with `answers`: only videos of these names are judged, and nothing is made of the answers.
  std::function<bool(const std::string& name)> share = {};
  bool pictures = false;  // of the worst mistakes in streams
};

// Shows its progress on stderr. Throws DatasetError, ModelError (weights for other classes), UsageError (a
// split that the recipe does not name) and Interrupted.
Evaluation evaluate_recipe(const Recipe& recipe, const std::filesystem::path& weights,
                           const EvaluationRequest& request);

// One line, with the keys of the program's contract and those that only some recipes have.
std::string evaluation_json(const Evaluation& evaluation);
// Tables for a person.
std::string evaluation_text(const Evaluation& evaluation);

}  // namespace actionflow
