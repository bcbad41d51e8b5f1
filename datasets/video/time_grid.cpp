#include "datasets/video/time_grid.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "datasets/video/video_clock.h"

namespace actionflow {

namespace {

constexpr std::int64_t kLeastGapUs = 1'000'000;
constexpr double kGapIntervals = 3;
constexpr double kLeastRate = 1e-6;
constexpr double kGreatestRate = 1e6;
// Far from where sums overflow: no stream lasts 140 000 years.
constexpr std::int64_t kFarthestUs = std::int64_t{1} << 62;

}  // namespace

TimeGrid::TimeGrid(double rate) : rate_(rate) {
  if (!(rate >= kLeastRate && rate <= kGreatestRate)) {
    throw UsageError("frame_rate must be a number of samples a second from 0.000001 to 1000000");
  }
  gap_us_ = std::max<std::int64_t>(kLeastGapUs, std::llround(kGapIntervals * kMicrosecondsPerSecond / rate));
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
                         !__builtin_add_overflow(segment_offset_us_, ahead, &offset) && offset < kFarthestUs;
    segment_offset_us_ = goes_on ? offset : segment_offset_us_ + (last_us_ - segment_start_us_) + grid_us(1);
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
  return std::llround(static_cast<double>(k) * kMicrosecondsPerSecond / rate_);
}

}  // namespace actionflow
