// Sequences to train a network for streams on: drawn (sequence_planner.h), and painted from kept frames.
//
// Where input.motion asks for it, motion is taken against the stream's sample before, across cuts, as live.
// A video that cannot be read is replaced by another one. Used from many threads at once; what
// training_sequence() gives is a function of its arguments and the videos' content.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/lists/entry_frames.h"
#include "datasets/recordings/frame_cache.h"
#include "datasets/streams/sequence_planner.h"
#include "datasets/streams/stream_sequence.h"

namespace actionflow {

struct TrainingSequence {
  StreamSequence sequence;                  // of input.frames samples
  std::vector<UnreadableVideo> unreadable;  // that other ones stand for
};

class SequenceMaker {
 public:
  // Opens every video, `threads` at a time, to know how long it is. Entries, augmenter and cache must outlive
  // it. Throws SourceError where no video of a class can be read.
  SequenceMaker(const std::vector<VideoEntry>& entries, const Augmenter& augmenter, FrameCache& cache,
                const StreamOptions& options, bool balanced, int threads);

  const SequencePlanner& planner() const { return planner_; }
  std::int64_t videos() const { return static_cast<std::int64_t>(frames_.entries().size()); }
  TrainingSequence training_sequence(std::uint64_t seed, std::uint32_t epoch, std::int64_t sample);

 private:
  const Augmenter& augmenter_;
  EntryFrames frames_;
  SequencePlanner planner_;
};

// Of each of these entries, in seconds; 0 where it cannot be read, which is then noted in `frames`.
std::vector<double> known_seconds(EntryFrames& frames, const std::vector<int>& entries, int threads);

}  // namespace actionflow
