// Chooses the temperature and the threshold of rejection of a network for clips, on videos that training has
// not seen.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "models/weights/calibration.h"
#include "pipeline/evaluation/clips/evaluator.h"

namespace actionflow {

// Fewer answers than this choose nothing.
inline constexpr std::size_t kLeastAnswers = 20;

// As fitted_temperature(). Nothing for few answers, and where all are right: any temperature below the
// network's own would seem to fit better then, and none is known to.
std::optional<double> trusted_temperature(std::span<const EvaluatedVideo> answers);

// Nothing where there are too few readable videos, and for networks whose classes are no alternatives (each a
// probability of its own). `split`: what the videos are called.
std::optional<Calibration> calibrate_clips(std::span<const EvaluatedVideo> videos, const std::string& split);

}  // namespace actionflow
