// What happens in an uncut video, and when.
#pragma once

namespace actionflow {

// From `start` to `end`, in seconds since the video's first frame.
struct TimedAction {
  int label = -1;  // a class; −1: a movement of none of the classes
  double start = 0, end = 0;
};

}  // namespace actionflow
