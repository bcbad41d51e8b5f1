#include "pipeline/evaluation/clips/clip_calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "pipeline/evaluation/clips/clip_measures.h"

namespace actionflow {
namespace {

bool are_alternatives(const std::vector<float>& probabilities) {
  return std::abs(std::accumulate(probabilities.begin(), probabilities.end(), 0.0) - 1) < 1e-3;
}

std::vector<EvaluatedVideo> answered(std::span<const EvaluatedVideo> videos) {
  std::vector<EvaluatedVideo> result;
  std::copy_if(videos.begin(), videos.end(), std::back_inserter(result),
               [](const EvaluatedVideo& video) { return video.readable() && !video.labels.empty(); });
  return result;
}

}  // namespace

std::optional<double> trusted_temperature(std::span<const EvaluatedVideo> answers) {
  const bool errorless =
      std::all_of(answers.begin(), answers.end(), [](const EvaluatedVideo& video) { return video.right(); });
  if (answers.size() < kLeastAnswers || errorless) return std::nullopt;
  return fitted_temperature(answers);
}

std::optional<Calibration> calibrate_clips(std::span<const EvaluatedVideo> videos, const std::string& split) {
  std::vector<EvaluatedVideo> answers = answered(videos);
  if (answers.size() < kLeastAnswers) return std::nullopt;
  for (const EvaluatedVideo& video : answers)
    if (!are_alternatives(video.probabilities)) return std::nullopt;
  Calibration calibration;
  calibration.chosen_on = fmt::format("{}, {} videos", split, answers.size());
  calibration.temperature = trusted_temperature(answers);
  if (calibration.temperature) {
    for (EvaluatedVideo& video : answers)
      video.probabilities = at_temperature(video.probabilities, *calibration.temperature);
  }
  calibration.none_below = rejection_threshold(answers);
  return calibration;
}

}  // namespace actionflow
