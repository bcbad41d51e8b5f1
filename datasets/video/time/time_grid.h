// Frames to samples: the time grid of a stream.
//
// A segment is an unbroken stretch of a stream's time line (time_line.h). Its grid is t_k = first time +
// k/rate, each rounded on its own to the nearest microsecond, so that it never drifts. The sample at t_k is
// the last frame not after it: repeated where the source is slower, passed over where it is faster. The last
// frame of a segment settles the samples up to its own time and none after it.
//
// What comes out depends only on the frames and their order, never on how the calls are spread.
// Pure and single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "datasets/video/time/time_line.h"

namespace actionflow {

struct Sample {
  std::int64_t segment = 0;  // counts from 0 in the stream
  std::int64_t index = 0;    // k in the segment
  double time = 0;           // seconds since the stream's first frame
  Frame frame;
};

class TimeGrid {
 public:
  // rate in samples a second; from 1e-6 to 1e6; throws UsageError for others. A frame holds for three
  // samples at least.
  TimeGrid(double rate, Timing timing);

  // Appends the samples that this frame settles. A frame exactly at t_k settles t_k at once.
  void push(const Frame& frame, std::vector<Sample>& samples);
  // The stream ended, or its connection was lost: the next frame begins a new segment.
  void finish(std::vector<Sample>& samples);

  // The segment of the last sample; -1 before the first.
  std::int64_t segment() const { return segment_; }

 private:
  void take(std::vector<Sample>& samples);
  void emit(const Frame& frame, std::vector<Sample>& samples);
  std::int64_t grid_us(std::int64_t k) const;  // from the segment's start

  double rate_;
  TimeLine line_;
  std::vector<TimedFrame> settled_;
  std::int64_t segment_ = -1;
  std::int64_t segment_start_us_ = 0;
  std::int64_t next_ = 0;  // k of the next sample
  Frame last_;
};

}  // namespace actionflow
