// The validation split between two epochs: the weights that would be kept as best, in f32 as `classify`
// runs them.
#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "datasets/lists/dataset.h"
#include "models/weights/weights.h"
#include "pipeline/evaluation/evaluator.h"

namespace actionflow {

struct Validation {
  SplitScore score;  // NaN where there is no validation split
  std::vector<EvaluatedVideo> videos;
};

// Throws Interrupted once `stop` is set.
Validation validate(const Architecture& architecture, const Weights& weights,
                    const std::vector<VideoEntry>& entries, FrameCache& cache,
                    const SamplingOptions& sampling, int threads, const std::atomic<bool>& stop);

}  // namespace actionflow
