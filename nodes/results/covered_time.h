// Up to when a stream's pictures have all their windows, for what draws windows on pictures.
//
// Windows of a stream are answered in order, and each begins a hop after the one before; a file's last may
// begin earlier, but ends at the file's end. Seconds since the stream's first frame. One thread.
#pragma once

#include <algorithm>
#include <limits>

namespace actionflow {

class CoveredTime {
 public:
  // From one window's start to the next one's.
  explicit CoveredTime(double hop) : hop_(hop) {}

  void answered(double start, double end) {
    start_ = start;
    length_ = end - start;
  }

  // No window still to be answered covers a picture before this time, when the newest is at `newest`.
  double until(double newest) const { return std::max(start_, std::min(start_ + hop_, newest - length_)); }

 private:
  const double hop_;
  double start_ = -std::numeric_limits<double>::infinity();
  double length_ = 0;
};

}  // namespace actionflow
