// A network along whole streams: what it says at each sample, or of each window.
//
// A network for streams runs as it does live, its state carried from a stream's first sample to its last; any
// other one over windows, each on its own. Several streams run at the same time, each on one thread; the
// result depends neither on their number nor on timing.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "models/network/network.h"
#include "pipeline/evaluation/streams/scored_stream.h"
#include "pipeline/evaluation/streams/sequence_source.h"

namespace actionflow {

// Samples that a network for streams is given at once here; the numbers are those of one at a time.
inline constexpr std::int64_t kSamplesACall = 32;

struct StreamScorerOptions {
  int threads = 1;                          // streams at the same time
  int hop = 0;                              // samples from one window to the next; 0: a tenth of the window
  const std::atomic<bool>* stop = nullptr;  // set: score_streams() throws Interrupted soon
  // After each stream that could be read, from any thread.
  std::function<void(std::size_t index, const ScoredStream& scored)> said = {};
};

// A network for evaluation: for streams kSamplesACall samples a call, else one clip; one thread.
std::shared_ptr<const Network> compile_for_scoring(const Architecture& architecture, const Weights& weights,
                                                   Precision precision = Precision::f32);

// In the order of the streams. One that cannot be read is empty.
std::vector<ScoredStream> score_streams(const Network& network, const SequenceSource& source,
                                        const StreamScorerOptions& options);

}  // namespace actionflow
