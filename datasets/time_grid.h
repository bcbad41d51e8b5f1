// Frames to samples: the time grid of a stream.
//
// A segment is an unbroken stretch of a stream. Its grid is t_k = first time stamp + k/rate, and the
// sample at t_k is the last frame with a time stamp not after it: repeated where the source is
// slower, passed over where it is faster. A gap of more than max(1 s, 3/rate), a clock that jumps
// back by more than that, or a new connection begins a new segment. Pure and single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "datasets/frame.h"

namespace actionflow {

struct Sample {
  std::int64_t segment = 0;  // counts from 0 in the stream
  std::int64_t index = 0;    // k in the segment
  double time = 0;           // t_k in seconds since the stream's first frame
  Frame frame;
};

class TimeGrid {
 public:
  // rate in samples a second, > 0.
  explicit TimeGrid(double rate);

  // Appends the samples that this frame settles. A frame exactly at t_k settles t_k at once.
  void push(const Frame& frame, std::vector<Sample>& samples);
  // The stream ended: appends what the last frame settles.
  void finish(std::vector<Sample>& samples);
  // The connection was lost: the next frame begins a new segment.
  void break_segment(std::vector<Sample>& samples);

  std::int64_t segment() const { return segment_; }

 private:
  void begin(const Frame& frame, std::vector<Sample>& samples);
  std::int64_t grid_us(std::int64_t k) const;
  void emit(std::vector<Sample>& samples);

  double rate_;
  std::int64_t gap_us_;
  std::optional<std::int64_t> stream_start_us_;
  std::int64_t segment_start_us_ = 0;
  std::int64_t segment_ = -1;
  std::int64_t next_ = 0;  // k of the next sample
  Frame last_;
};

}  // namespace actionflow
