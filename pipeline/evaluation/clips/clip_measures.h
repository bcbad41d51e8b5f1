// What a set of answers says of a network: accuracy, confusion, calibration, rejection.
//
// An answer is one video's, the mean of its views. A video with several labels is answered rightly by any
// of them, and stands under its first in the confusion. An unreadable one counts as wrong in every accuracy
// and stands in no measure of confidence. Everything here is a function of its arguments; fractions are
// from 0 to 1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/weights/calibration.h"
#include "pipeline/evaluation/clips/evaluator.h"

namespace actionflow {

struct ClassMeasures {
  std::int64_t clips = 0;  // videos of this class
  double precision = 0;    // of the answers with this label, how many are right; 0 where there are none
  double recall = 0, f1 = 0;
};

struct Measures {
  std::int64_t clips = 0;  // videos
  double top1 = 0, top5 = 0;
  double mean_class_accuracy = 0;                    // over classes that have videos
  std::vector<std::vector<std::int64_t>> confusion;  // [truth][answer]; an unreadable video is in none
  std::vector<ClassMeasures> per_class;
  double ece = 0;  // expected calibration error, 15 bins of equal width (Guo et al. 2017)
};

// Every video has a label.
Measures measure(std::span<const EvaluatedVideo> videos, int classes);

// Wilson's interval of a share at 95 %.
struct Interval {
  double low = 0, high = 0;
};
Interval wilson_interval(std::int64_t right, std::int64_t all);

// The temperature T that makes softmax(log p / T) least surprised by the truth (Guo et al. 2017), between
// 0.05 and 20; 1 where nothing can be said.
double fitted_temperature(std::span<const EvaluatedVideo> videos);

// How likely a known video's confidence is above an unknown one's; ties count half. Nothing where either
// side is empty.
std::optional<double> auroc(std::span<const EvaluatedVideo> known, std::span<const EvaluatedVideo> unknown);

// The confidence below which "none of these" is answered: 95 % of the rightly answered videos have it or
// more.
double rejection_threshold(std::span<const EvaluatedVideo> known);

// Of the readable videos, the share whose confidence is below the threshold; nothing where there are none.
std::optional<double> share_refused(std::span<const EvaluatedVideo> videos, double threshold);

// part ÷ all; 0 of nothing.
double share(std::int64_t part, std::int64_t all);

// "97.3 %"
std::string percent(double share);

}  // namespace actionflow
