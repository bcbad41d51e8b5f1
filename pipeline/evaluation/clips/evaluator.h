// A network over a list of videos: what it says of each.
//
// Videos are decoded through the frame cache, cut into views (datasets/clips/clip_sampler.h), each view is
// classified and a video's probabilities are the mean of its views'. Several videos run at the same time,
// each on one thread; the result depends neither on their number nor on timing. Nothing is substituted: a
// video that cannot be read has no probabilities and says why.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/machine/in_parallel.h"
#include "datasets/clips/clip_sampler.h"
#include "datasets/lists/dataset.h"
#include "datasets/recordings/frame_cache.h"
#include "models/network/network.h"

namespace actionflow {

struct EvaluatedVideo {
  std::vector<float> probabilities;  // one a class; empty where it could not be read
  std::vector<int> labels;           // as the entry has them
  std::string unreadable;            // why, or empty

  bool readable() const { return unreadable.empty(); }
  // The most probable class; −1 where it could not be read.
  int predicted() const;
  // Among the `k` most probable classes is one of its labels.
  bool right(int k = 1) const;
};

struct EvaluatorOptions {
  SamplingOptions sampling;
  int crops = 1;
  std::optional<FrameForm> form = {};       // that frames are kept in; the network's input form unless told
  std::string perturbation = {};            // datasets/clips/perturb.h; empty: the videos as they are
  std::uint64_t seed = 1;                   // of the perturbation
  int threads = 1;                          // videos at the same time
  const std::atomic<bool>* stop = nullptr;  // set: evaluate() throws Interrupted soon
  std::function<void()> advance = {};       // after each video, from any thread
  // Of the entries those that are judged; the others' answers stay empty. All unless told.
  std::function<bool(std::size_t entry)> wanted = {};
  // What was judged, at once, from any thread.
  std::function<void(std::size_t entry, const EvaluatedVideo& video)> answered = {};
};

// In the order of the entries. The network has to be compiled for one clip and one thread.
std::vector<EvaluatedVideo> evaluate(const Network& network, const std::vector<VideoEntry>& entries,
                                     FrameCache& cache, const EvaluatorOptions& options);

// Of the readable videos with labels: share that is right, and mean −log of the label's probability (of
// several labels the mean). An unreadable video counts as wrong in top1 and not in the loss.
struct SplitScore {
  double top1 = 0;
  double loss = 0;
  std::int64_t videos = 0;
};
SplitScore score(const std::vector<EvaluatedVideo>& videos);

}  // namespace actionflow
