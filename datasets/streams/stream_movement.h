// One movement of a stream to train on: which part of a video is shown, how fast, and what it is called.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "datasets/clips/augment.h"
#include "datasets/lists/dataset.h"
#include "datasets/streams/stream_options.h"
#include "datasets/streams/stream_plan.h"

namespace actionflow {

struct StreamMovement {
  StreamTake take;
  double from = 0, to = 0;           // moments of the video; from > to: backwards
  double speed = 1;                  // with their sign
  std::vector<TimedAction> actions;  // in the video's time

  double seconds() const { return (to - from) / speed; }
  // The actions where the movement starts at this time of a stream.
  std::vector<TimedAction> actions_at(double start) const;
};

// Where a movement's number stands in the random numbers of its run.
struct DrawKey {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  std::uint64_t index = 0;
};

// `seconds`: of the entry's video. At least `least_seconds` of the stream long.
StreamMovement draw_movement(const VideoEntry& entry, int number, double seconds,
                             const StreamOptions& options, const Augmenter& augmenter, const DrawKey& key,
                             double least_seconds);

// Idle time that follows a movement, or goes before one: the pictures at its end or beginning held, or to and
// fro. From `start` for `seconds`.
StreamPiece idle_after(const StreamMovement& movement, std::size_t take, double start, Random& random);
StreamPiece idle_before(const StreamMovement& movement, std::size_t take, double start, double seconds,
                        Random& random);

}  // namespace actionflow
