#include "datasets/time_grid.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace actionflow {

namespace {

constexpr double kMicrosecondsPerSecond = 1e6;
constexpr std::int64_t kLeastGapUs = 1'000'000;
constexpr double kGapIntervals = 3;
// Keeps the arithmetic in range for rates of less than a sample in 30 years.
constexpr double kGreatestGapUs = 1e15;

}  // namespace

TimeGrid::TimeGrid(double rate) : rate_(rate) {
  if (!std::isfinite(rate) || rate <= 0) throw UsageError("frame_rate must be a number above 0");
  const double gap = std::min(kGapIntervals * kMicrosecondsPerSecond / rate, kGreatestGapUs);
  gap_us_ = std::max(kLeastGapUs, static_cast<std::int64_t>(std::llround(gap)));
}

void TimeGrid::push(const Frame& frame, std::vector<Sample>& samples) {
  if (!last_ || breaks_segment(frame.pts_us())) {
    begin(frame, samples);
  } else if (frame.pts_us() > last_us_) {
    settle(frame, samples);
  }
}

void TimeGrid::finish(std::vector<Sample>& samples) { break_segment(samples); }

void TimeGrid::break_segment(std::vector<Sample>&) { last_.reset(); }

bool TimeGrid::breaks_segment(std::int64_t pts_us) const {
  std::int64_t step = 0;
  if (__builtin_sub_overflow(pts_us, last_us_, &step)) return true;
  return step > gap_us_ || step < -gap_us_;
}

void TimeGrid::begin(const Frame& frame, std::vector<Sample>& samples) {
  const std::int64_t pts_us = frame.pts_us();
  if (segment_ >= 0) {
    // Time stamps of a damaged file may lie anywhere, so differences that do not fit are jumps too.
    std::int64_t ahead = 0;
    std::int64_t offset = 0;
    const bool goes_on = pts_us > last_us_ && !__builtin_sub_overflow(pts_us, segment_start_us_, &ahead) &&
                         !__builtin_add_overflow(segment_offset_us_, ahead, &offset);
    segment_offset_us_ =
        goes_on ? offset : segment_offset_us_ + (last_us_ - segment_start_us_) + std::max(grid_us(1), std::int64_t{1});
  }
  ++segment_;
  segment_start_us_ = pts_us;
  next_ = 0;
  last_us_ = pts_us;
  last_ = frame;
  emit(frame, samples);
}

void TimeGrid::settle(const Frame& frame, std::vector<Sample>& samples) {
  const std::int64_t now = frame.pts_us() - segment_start_us_;
  while (grid_us(next_) < now) emit(*last_, samples);
  last_us_ = frame.pts_us();
  last_ = frame;
  if (grid_us(next_) == now) emit(frame, samples);
}

void TimeGrid::emit(const Frame& frame, std::vector<Sample>& samples) {
  const double time = static_cast<double>(segment_offset_us_ + grid_us(next_)) / kMicrosecondsPerSecond;
  samples.push_back({segment_, next_, time, frame});
  ++next_;
}

std::int64_t TimeGrid::grid_us(std::int64_t k) const {
  return std::llround(std::min(static_cast<double>(k) * kMicrosecondsPerSecond / rate_, kGreatestGapUs * 9));
}

}  // namespace actionflow
