// A part of a recorded video.
#pragma once

namespace actionflow {

// Seconds since the video's first frame; what is shown at `end` is no longer in it.
struct TimeSpan {
  double begin = 0, end = 0;
  bool operator==(const TimeSpan&) const = default;
};

}  // namespace actionflow
