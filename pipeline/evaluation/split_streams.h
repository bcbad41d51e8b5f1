// A split of a recipe as streams: its uncut videos, and its cut clips joined.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "datasets/recordings/frame_cache.h"
#include "pipeline/evaluation/clips/evaluator.h"
#include "pipeline/evaluation/clips/kept_answers.h"
#include "pipeline/evaluation/stream_report.h"
#include "pipeline/evaluation/streams/stream_evaluation.h"

namespace actionflow {

struct SplitStreamsOptions {
  JoinOptions join;
  int threads = 1;
  const std::atomic<bool>* stop = nullptr;
  KeptAnswers<ScoredStream>* answers = nullptr;  // outlives it
  // Given, only streams of these names are judged.
  std::function<bool(const std::string& name)> share = {};
};

// Judges one network on several splits. Network and cache outlive it. Throws Interrupted once `stop` is set.
class SplitStreams {
 public:
  // The network is one of compile_for_scoring().
  SplitStreams(const Network& network, FrameCache& cache, const SplitStreamsOptions& options)
      : network_(network), cache_(cache), options_(options) {}

  // Puts what it says of these streams, or of each cut clip alone, into `answers`, and no more.
  void answer(const std::vector<VideoEntry>& entries) const;
  void answer_alone(const std::vector<VideoEntry>& entries) const;
  // Chosen on this split.
  Calibration calibrate(const std::vector<VideoEntry>& entries, const std::string& split) const;
  // What cannot be read is added to `unreadable`; its actions count as missed. With `pictures` those of the
  // worst mistakes are made, for which their videos are read again.
  StreamReport report(const std::vector<VideoEntry>& entries, const Calibration& calibration, bool pictures,
                      std::vector<UnreadableVideo>& unreadable) const;
  // Each cut clip alone: the class at the moment at which an action is surest. In no order, uncut videos left
  // out.
  std::vector<EvaluatedVideo> clips_alone(const std::vector<VideoEntry>& entries,
                                          const Calibration& calibration) const;

 private:
  EvaluationStreams joined(const std::vector<VideoEntry>& entries) const;
  EvaluationStreams alone(const std::vector<VideoEntry>& clips) const;
  std::vector<ScoredStream> score(EvaluationStreams& streams) const;

  const Network& network_;
  FrameCache& cache_;
  SplitStreamsOptions options_;
};

}  // namespace actionflow
