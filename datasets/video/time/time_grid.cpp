#include "datasets/video/time/time_grid.h"

#include <cmath>

#include "base/error.h"

namespace actionflow {

namespace {

constexpr double kHoldIntervals = 3;
constexpr double kLeastRate = 1e-6;
constexpr double kGreatestRate = 1e6;

double checked(double rate) {
  if (!(rate >= kLeastRate && rate <= kGreatestRate))
    throw UsageError("frame_rate must be a number of samples a second from 0.000001 to 1000000");
  return rate;
}

}  // namespace

TimeGrid::TimeGrid(double rate, Timing timing)
    : rate_(checked(rate)), line_(timing, std::llround(kHoldIntervals * kMicrosecondsPerSecond / rate)) {}

void TimeGrid::push(const Frame& frame, std::vector<Sample>& samples) {
  line_.push(frame, settled_);
  take(samples);
}

void TimeGrid::finish(std::vector<Sample>& samples) {
  line_.finish(settled_);
  take(samples);
  last_ = {};
}

void TimeGrid::take(std::vector<Sample>& samples) {
  for (const TimedFrame& timed : settled_) {
    if (timed.begins) {
      ++segment_;
      segment_start_us_ = timed.time_us;
      next_ = 0;
    }
    const std::int64_t now = timed.time_us - segment_start_us_;
    while (grid_us(next_) < now) emit(last_, samples);
    last_ = timed.frame;
    if (grid_us(next_) == now) emit(timed.frame, samples);
  }
  settled_.clear();
}

void TimeGrid::emit(const Frame& frame, std::vector<Sample>& samples) {
  const double time = static_cast<double>(segment_start_us_ + grid_us(next_)) / kMicrosecondsPerSecond;
  samples.push_back({segment_, next_, time, frame});
  ++next_;
}

std::int64_t TimeGrid::grid_us(std::int64_t k) const {
  return std::llround(static_cast<double>(k) * kMicrosecondsPerSecond / rate_);
}

}  // namespace actionflow
