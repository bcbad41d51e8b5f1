// Frames to samples: the time grid of a stream.
//
// A segment is an unbroken stretch of a stream. Its grid is t_k = first time stamp + k/rate, each
// rounded on its own to the nearest microsecond, so that it never drifts. The sample at t_k is the
// last frame with a time stamp not after it: repeated where the source is slower, passed over where
// it is faster. With gap = max(1 s, 3/rate):
// - a frame more than `gap` after the last one, or more than `gap` before it (a clock that jumps
//   back), begins a new segment, and so does the first frame after break_segment();
// - a frame before the last one by no more than that is jitter and passed over, and of frames with
//   one time stamp the first stands.
// The last frame of a segment settles the samples up to its own time stamp and none after it.
//
// Sample::time never goes back. Across a forward gap it is the true difference of the time stamps;
// where a new segment's clock does not go on from the old one (a jump back), the new segment begins
// one sampling interval after the old one's last frame.
//
// What comes out depends only on the frames and their order, never on how the calls are spread.
// Pure and single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "datasets/video/frame.h"

namespace actionflow {

struct Sample {
  std::int64_t segment = 0;  // counts from 0 in the stream
  std::int64_t index = 0;    // k in the segment
  double time = 0;           // seconds since the stream's first frame, see above
  Frame frame;
};

class TimeGrid {
 public:
  // rate in samples a second; from 1e-6 to 1e6; throws UsageError for others.
  explicit TimeGrid(double rate);

  // Appends the samples that this frame settles. A frame exactly at t_k settles t_k at once.
  void push(const Frame& frame, std::vector<Sample>& samples);
  // The stream ended. Every sample up to the last frame is settled by then, so this appends nothing;
  // it lets go of the last frame, and a frame pushed later begins a new segment.
  void finish(std::vector<Sample>& samples);
  // The connection was lost: the next frame begins a new segment.
  void break_segment(std::vector<Sample>& samples);

  // The segment of the last frame; -1 before the first.
  std::int64_t segment() const { return segment_; }

 private:
  bool breaks_segment(std::int64_t pts_us) const;
  void begin(const Frame& frame, std::vector<Sample>& samples);
  void settle(const Frame& frame, std::vector<Sample>& samples);
  void emit(const Frame& frame, std::vector<Sample>& samples);
  std::int64_t grid_us(std::int64_t k) const;  // from the segment's start

  double rate_;
  std::int64_t gap_us_;
  std::int64_t segment_ = -1;
  std::int64_t segment_start_us_ = 0;   // on the source's clock
  std::int64_t segment_offset_us_ = 0;  // on the stream's, from its first frame
  std::int64_t next_ = 0;               // k of the next sample
  std::int64_t last_us_ = 0;            // time stamp of the last frame
  std::optional<Frame> last_;           // none: the next frame begins a segment
};

}  // namespace actionflow
