// A stream's time stamps to its time line: seconds since its first frame that never go back.
//
// What clips are cut from, live or recorded, in training or not, has its time from here.
//
// - A frame follows the last one where its stamp lies after it by no more than that one may hold: in a
//   recording for as long as the container says, and 10 s at least; live for 1 s.
// - A frame before the last one by at most a second (live: by no more than one may hold) is jitter and passed
//   over, and of frames with one stamp the first stands.
// - Any other stamp is a jump. A jump, and in a recording also a frame that follows after longer than usual
//   (a quarter of a second, and twice the interval before), waits for what comes after it, as a recording's
//   first frame does: live for one frame, in a recording until six go on from each other, or sixteen wait. Of
//   those that wait, the longest chain of rising stamps is believed, of two the one with fewer and shorter
//   breaks; the others were damaged and are dropped. So a held picture holds, and up to five damaged stamps
//   in a row move nothing.
// - A jump that is believed begins a new segment. One that stands alone is not, unless it is the last frame.
// - Across a jump ahead, time advances by the difference of the stamps; where the clock jumps back, and in a
//   recording by more than an hour ahead (no picture stands so long), by the mean interval so far.
//
// What comes out depends only on the frames and their order. Single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "datasets/video/frame.h"

namespace actionflow {

inline constexpr double kMicrosecondsPerSecond = 1e6;

enum class Timing { live, recorded };

struct TimedFrame {
  Frame frame;
  std::int64_t time_us = 0;  // since the first frame
  bool begins = false;       // a segment
};

class TimeLine {
 public:
  // `least_hold_us`: a frame holds for at least so long, whatever else is said above.
  explicit TimeLine(Timing timing, std::int64_t least_hold_us = 0);

  // Appends the frames that this one settles, itself among them unless it waits for the next.
  void push(const Frame& frame, std::vector<TimedFrame>& settled);
  // The stream ended or was cut off; what waited is settled or dropped, and the next frame begins a segment.
  void finish(std::vector<TimedFrame>& settled);

 private:
  enum class Relation { follows, jitter, jump };
  struct Chain {
    std::size_t first = 0;  // of waiting_
    int length = 0;
  };
  Relation relation(const Frame& from, const Frame& to) const;
  bool usual(const Frame& from, const Frame& to) const;
  int cost(const Frame& from, const Frame& to) const;
  Chain believed_chain() const;
  void settle_waiting(bool ended, std::vector<TimedFrame>& settled);
  bool settle_usual(std::vector<TimedFrame>& settled);
  bool settle_chain(bool ended, std::vector<TimedFrame>& settled);
  bool is_decided(const Chain& chain) const;
  bool goes_on(const Frame& frame) const;
  void settle(const Frame& frame, bool begins, std::vector<TimedFrame>& settled);
  std::int64_t advance(const Frame& frame, bool begins);
  std::int64_t mean_interval_us() const;

  const Timing timing_;
  const std::int64_t hold_us_;
  std::optional<Frame> last_;   // of the segment; none: the next frame begins one
  std::vector<Frame> waiting_;  // in order of arrival
  bool any_ = false;
  std::int64_t last_pts_us_ = 0;  // of the last frame settled
  std::int64_t time_us_ = 0;      // likewise
  std::int64_t interval_us_ = 0;  // the last one within a segment
  std::int64_t intervals_ = 0;    // within segments
  std::int64_t intervals_us_ = 0;
};

// From the first frame's time to the last one's end: the last frame lasts as long as the mean of the others.
// `frame_rate` speaks for a video of one frame; 0: unknown, taken as 25.
double video_duration(std::span<const std::int64_t> times_us, double frame_rate);

}  // namespace actionflow
