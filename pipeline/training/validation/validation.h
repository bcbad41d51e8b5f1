// The validation split between two epochs: the weights that would be kept as best, in f32 as `classify`
// runs them.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include "datasets/lists/dataset.h"
#include "datasets/recordings/frame_cache.h"
#include "datasets/streams/evaluation_streams.h"
#include "datasets/streams/stream_options.h"
#include "models/training/loss/loss.h"
#include "models/training/ranks/ranks.h"
#include "models/weights/calibration.h"
#include "models/weights/weights.h"
#include "pipeline/evaluation/clips/evaluator.h"
#include "pipeline/evaluation/streams/stream_evaluation.h"

namespace actionflow {

struct Validation {
  SplitScore score;                    // NaN where there is no validation split
  std::vector<VideoEntry> entries;     // of the videos
  std::vector<EvaluatedVideo> videos;  // none of streams
  // Of streams: what was said and detected in each, and the streams, which stand as long as the task that
  // validated.
  std::vector<ScoredStream> scored;
  std::vector<StreamDetections> detected;
  SequenceSource streams;
  std::optional<Calibration> calibration;  // chosen on the split
};

// Each of the ranks judges some of the videos; all are told of all. Throws Interrupted, on all ranks, once
// `stop` is set on one.
Validation validate(const Architecture& architecture, const Weights& weights,
                    const std::vector<VideoEntry>& entries, FrameCache& cache,
                    const SamplingOptions& sampling, int threads, const std::atomic<bool>& stop,
                    training::Ranks& ranks);

// What the samples of validation streams should say, and how wrong answers count: as in training.
struct StreamTruth {
  TargetOptions targets;
  double none_weight = 1;
  LossOptions loss;
};

// Of a network for streams: score.top1 is the Levenshtein accuracy of the events, at the thresholds that are
// chosen here; score.loss is training's loss (stream_loss.h) over all samples.
Validation validate_streams(const Architecture& architecture, const Weights& weights,
                            EvaluationStreams& streams, const StreamTruth& truth, int threads,
                            const std::atomic<bool>& stop);

// Several splits, each judged by a network of its own, as one: the calibration is chosen on all together.
Validation pooled(std::vector<Validation> splits, const Architecture& architecture);

}  // namespace actionflow
