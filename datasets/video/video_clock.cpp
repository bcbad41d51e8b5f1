#include "datasets/video/video_clock.h"

namespace actionflow {

namespace {

constexpr std::int64_t kJitterUs = 1'000'000;
constexpr std::int64_t kLongestGapUs = std::int64_t{3600} * 1'000'000;
constexpr std::int64_t kPresetIntervalUs = 40'000;

}  // namespace

std::optional<std::int64_t> VideoClock::place(std::int64_t pts_us) {
  if (count_ > 0) {
    std::int64_t step = 0;
    const bool fits = !__builtin_sub_overflow(pts_us, last_pts_us_, &step);
    if (fits && step <= 0 && step >= -kJitterUs) return std::nullopt;
    time_us_ += fits && step > 0 && step <= kLongestGapUs ? step : mean_interval_us();
  }
  ++count_;
  last_pts_us_ = pts_us;
  return time_us_;
}

std::int64_t VideoClock::mean_interval_us() const {
  return count_ > 1 ? time_us_ / (count_ - 1) : kPresetIntervalUs;
}

double video_duration(std::span<const std::int64_t> times_us, double frame_rate) {
  if (times_us.empty()) return 0;
  const double last = static_cast<double>(times_us.back()) / kMicrosecondsPerSecond;
  if (times_us.size() > 1) return last + last / static_cast<double>(times_us.size() - 1);
  return 1 / (frame_rate > 0 ? frame_rate : kMicrosecondsPerSecond / kPresetIntervalUs);
}

}  // namespace actionflow
