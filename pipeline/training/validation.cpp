#include "pipeline/training/validation.h"

#include <limits>

#include "pipeline/evaluation/clip_calibration.h"
#include "pipeline/evaluation/stream_evaluation.h"

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
  validation.calibration = calibrate_clips(validation.videos, "val");
  return validation;
}

Validation validate_streams(const Architecture& architecture, const Weights& weights,
                            EvaluationStreams& streams, int threads, const std::atomic<bool>& stop) {
  Validation validation;
  validation.score.top1 = validation.score.loss = std::numeric_limits<double>::quiet_NaN();
  if (streams.count() == 0) return validation;
  StreamScorerOptions options;
  options.threads = threads;
  options.stop = &stop;
  const auto scored = score_streams(*compile_for_scoring(architecture, weights), source_of(streams), options);
  validation.calibration = calibrate_streams(scored, architecture.classes, "val");
  validation.streams = source_of(streams);
  validation.detected = detect_calibrated(scored, *validation.calibration, architecture.classes);
  const EventMeasures measures =
      measure_events(validation.detected, static_cast<int>(architecture.classes.size()));
  validation.score.top1 = measures.levenshtein_accuracy.value_or(0);
  validation.score.loss = 1 - measures.half.f1;
  return validation;
}

}  // namespace actionflow
