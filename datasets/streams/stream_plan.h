// What a stream shows when: pieces of videos, one after another, each at its own speed and changed in its own
// way. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/clips/clip_change.h"
#include "datasets/clips/clip_sampler.h"
#include "datasets/lists/dataset.h"
#include "datasets/recordings/timed_action.h"

namespace actionflow {

// A video and how its pictures are changed; with none, they are those that classify prepares.
struct StreamTake {
  int entry = 0;  // in its list
  ClipChange change;
};

// From its start in the stream to the next piece's.
struct StreamPiece {
  std::size_t take = 0;
  double start = 0;  // in the stream, seconds
  double zero = 0;   // time in the stream at which `from` is shown
  double from = 0;   // moment of the video
  double speed = 1;  // seconds of the video a second of the stream; below 0: backwards, 0: a held picture
  double reach = 0;  // seconds of the video after which it turns back, to and fro; 0: it goes on
  double fade = 0;   // seconds over which it takes the place of the picture before

  // Of the video, at a time of the stream.
  double moment(double time) const;
};

struct StreamPlan {
  std::vector<StreamTake> takes;
  std::vector<StreamPiece> pieces;   // by start; none is empty
  std::vector<TimedAction> actions;  // by start, movements of no class among them
  double seconds = 0;
  // Whether the first sample is the stream's own first: then it has no motion.
  bool begins = true;
};

// An entry's actions as they would stand in its video: those of a video with times, or the whole of a clip,
// as one of each of its labels, or of none.
std::vector<TimedAction> actions_of(const VideoEntry& entry, double seconds);

// `samples` moments on the grid of `rate` a second, and the one before where the plan has begun before it.
ClipTimes stream_moments(const StreamPlan& plan, double rate, std::int64_t samples);

}  // namespace actionflow
