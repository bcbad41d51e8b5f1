// What happens in an uncut video, and when.
#pragma once

namespace actionflow {

inline constexpr int kMovementOfNone = -1;  // something is done, and it is none of the classes
inline constexpr int kAmbiguous = -2;       // it counts neither way

// From `start` to `end`, in seconds since the video's first frame.
struct TimedAction {
  int label = kMovementOfNone;  // a class, or one of the two above
  double start = 0, end = 0;
};

}  // namespace actionflow
