// How far a run has come: what a checkpoint holds beside weights, optimiser and average.
//
// With it a run goes on at the very step and its epoch's line in metrics.jsonl comes out as if it had never
// stopped (its times aside).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/lists/dataset.h"
#include "pipeline/recipe/recipe.h"

namespace actionflow {

// Sums over the batches of one epoch so far.
struct EpochSums {
  double loss = 0;  // times clips
  std::int64_t clips = 0;
  std::int64_t labelled = 0;  // of the clips, those that are of a class
  std::int64_t right = 0;
  std::int64_t substituted = 0;
  double seconds = 0;  // of steps and of waiting for data
  double waited = 0;

  double mean_loss() const { return clips > 0 ? loss / static_cast<double>(clips) : 0; }
  double top1() const {
    return labelled > 0 ? static_cast<double>(right) / static_cast<double>(labelled) : 0;
  }
};

// The choice of best.safetensors: by what is the greater the better an epoch is, among equals by val_loss.
struct BestEpoch {
  int epoch = 0;  // from 1; 0: none yet
  double merit = 0, loss = 0;
  int merit_epoch = 0;  // the first of this merit: early stopping counts from it

  bool beaten_by(double other_merit, double other_loss) const {
    return epoch == 0 || other_merit > merit || (other_merit == merit && other_loss < loss);
  }
  BestEpoch beaten_at(int other_epoch, double other_merit, double other_loss) const {
    const bool as_good = epoch > 0 && other_merit == merit;
    return {other_epoch, other_merit, other_loss, as_good ? merit_epoch : other_epoch};
  }
};

// What decides the order of clips and steps: a run goes on only where it is the same.
struct RunIdentity {
  std::uint64_t seed = 0;
  std::int64_t batch = 0;
  int accumulate = 1;
  std::int64_t micro_batch = 0;
  bool balanced = false;
  int members = 1;
  std::int64_t videos = 0;      // of the member's train list
  std::uint64_t list_hash = 0;  // of its names and labels

  static RunIdentity of(const Recipe& recipe, const std::vector<VideoEntry>& train);
  // What differs, as a sentence; empty where nothing does.
  std::string difference(const RunIdentity& now) const;
};

struct RunState {
  RunIdentity identity;
  int epoch = 0;             // being trained, from 0
  std::int64_t step = 0;     // its batches done
  std::int64_t updates = 0;  // of the weights, since the start
  double learning_rate = 0;  // of the last update
  EpochSums sums;
  int member = 0;                 // being trained, from 0; where it began:
  int first_epoch = 0;            //
  std::int64_t first_update = 0;  //
  BestEpoch best;                 // the member's

  std::string to_text() const;
  // Throws ModelError that names `file`.
  static RunState from_text(const std::string& text, const std::string& file);
};

}  // namespace actionflow
