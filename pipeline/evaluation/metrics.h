// What a set of answers says of a network: accuracy, confusion, calibration, rejection.
//
// An answer is one video's: the mean of the logits' probabilities over its clips. Everything here is a
// function of its arguments; fractions are from 0 to 1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace actionflow {

// One video, judged. An unreadable video has no probabilities: it counts as wrong in every measure of
// accuracy and stands in no measure of confidence.
struct JudgedVideo {
  std::string name;
  int truth = -1;                    // −1: none of the classes
  std::vector<float> probabilities;  // one a class; empty: unreadable
  bool readable() const { return !probabilities.empty(); }
  int answer() const;        // the first of the most probable; −1 where unreadable
  float confidence() const;  // its probability
};

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

Measures measure(std::span<const JudgedVideo> videos, int classes);

// Wilson's interval of a share at 95 %.
struct Interval {
  double low = 0, high = 0;
};
Interval wilson_interval(std::int64_t right, std::int64_t all);

// The temperature T that makes softmax(log p / T) least surprised by the truth (Guo et al. 2017), between
// 0.05 and 20; 1 where nothing can be said. And the probabilities at a temperature.
double fitted_temperature(std::span<const JudgedVideo> videos);
std::vector<float> at_temperature(const std::vector<float>& probabilities, double temperature);

// How likely a known video's confidence is above an unknown one's; ties count half. Nothing where either
// side is empty.
std::optional<double> auroc(std::span<const JudgedVideo> known, std::span<const JudgedVideo> unknown);

// The confidence below which "none of these" is answered. With videos of no class: where the known that
// are kept and right and the unknown that are refused are together the largest share (each side counts half).
// Without: the confidence that 95 % of the rightly answered videos have.
double rejection_threshold(std::span<const JudgedVideo> known, std::span<const JudgedVideo> unknown);

}  // namespace actionflow
