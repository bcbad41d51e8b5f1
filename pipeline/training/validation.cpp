#include "pipeline/training/validation.h"

#include <limits>

namespace actionflow {

Validation validate(const Architecture& architecture, const Weights& weights,
                    const std::vector<VideoEntry>& entries, FrameCache& cache,
                    const SamplingOptions& sampling, int threads, const std::atomic<bool>& stop) {
  Validation validation;
  if (entries.empty()) {
    validation.score.top1 = validation.score.loss = std::numeric_limits<double>::quiet_NaN();
    return validation;
  }
  const auto network = Network::compile(architecture, weights, {});
  EvaluatorOptions options;
  options.sampling = sampling;
  options.threads = threads;
  options.stop = &stop;
  validation.videos = evaluate(*network, entries, cache, options);
  validation.score = score(validation.videos);
  return validation;
}

}  // namespace actionflow
