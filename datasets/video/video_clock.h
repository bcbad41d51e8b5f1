// Time stamps of a video's frames to microseconds since its first frame, as TimeGrid keeps a stream's time.
//
// A frame before the last one by at most a second is jitter and passed over, and of frames with one time
// stamp the first stands. A clock that jumps further back, or ahead by more than an hour (damage: no video
// stands still so long), goes on one mean interval after the last frame. Pure and single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace actionflow {

inline constexpr double kMicrosecondsPerSecond = 1e6;

class VideoClock {
 public:
  // nullopt: this frame is passed over.
  std::optional<std::int64_t> place(std::int64_t pts_us);

 private:
  std::int64_t mean_interval_us() const;

  std::int64_t count_ = 0;
  std::int64_t last_pts_us_ = 0;
  std::int64_t time_us_ = 0;
};

// From the first frame's time to the last one's end: the last frame lasts as long as the mean of the others.
// `frame_rate` speaks for a video of one frame; 0: unknown, taken as 25.
double video_duration(std::span<const std::int64_t> times_us, double frame_rate);

}  // namespace actionflow
