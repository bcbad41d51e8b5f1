// Whole streams to judge a network on.
#pragma once

#include <cstddef>
#include <functional>

#include "datasets/streams/evaluation_streams.h"
#include "datasets/streams/stream_sequence.h"

namespace actionflow {

// Each is made when it is asked for, from any thread, so that not all stand in memory. Throws SourceError
// where it cannot be read.
struct SequenceSource {
  std::size_t count = 0;
  std::function<StreamSequence(std::size_t)> stream;
};

// Of streams that outlive it.
inline SequenceSource source_of(EvaluationStreams& streams) {
  return {streams.count(), [&streams](std::size_t index) { return streams.stream(index); }};
}

}  // namespace actionflow
