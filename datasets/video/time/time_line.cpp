#include "datasets/video/time/time_line.h"

#include <algorithm>
#include <utility>

namespace actionflow {

namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kJitterUs = kSecondUs;
constexpr std::int64_t kLiveHoldUs = kSecondUs;
constexpr std::int64_t kRecordedHoldUs = 10 * kSecondUs;
constexpr std::int64_t kLongestRecordedJumpUs = 3600 * kSecondUs;
// Far from where sums overflow: no stream lasts 140 000 years.
constexpr std::int64_t kFarthestUs = std::int64_t{1} << 62;
constexpr std::int64_t kPresetIntervalUs = 40'000;

// From one stamp to the other; nullopt where damage has put them so far apart that it cannot be told.
std::optional<std::int64_t> step_us(std::int64_t from, std::int64_t to) {
  std::int64_t step = 0;
  if (__builtin_sub_overflow(to, from, &step)) return std::nullopt;
  return step;
}

}  // namespace

TimeLine::TimeLine(Timing timing, std::int64_t least_hold_us)
    : timing_(timing),
      hold_us_(std::max(least_hold_us, timing == Timing::live ? kLiveHoldUs : kRecordedHoldUs)) {}

TimeLine::Relation TimeLine::relation(const Frame& from, const Frame& to) const {
  const std::optional<std::int64_t> step = step_us(from.pts_us(), to.pts_us());
  if (!step) return Relation::jump;
  const bool live = timing_ == Timing::live;
  if (*step <= 0) return *step >= -(live ? hold_us_ : kJitterUs) ? Relation::jitter : Relation::jump;
  const std::int64_t hold = live ? hold_us_ : std::max(hold_us_, from.duration_us());
  return *step <= hold ? Relation::follows : Relation::jump;
}

void TimeLine::push(const Frame& frame, std::vector<TimedFrame>& settled) {
  if (waiting_) return push_after_jump(frame, settled);
  if (!last_) {
    if (!any_ && timing_ == Timing::recorded) {
      waiting_ = frame;
    } else {
      settle(frame, true, settled);
    }
    return;
  }
  switch (relation(*last_, frame)) {
    case Relation::follows:
      return settle(frame, false, settled);
    case Relation::jitter:
      return;
    case Relation::jump:
      waiting_ = frame;
  }
}

void TimeLine::push_after_jump(const Frame& frame, std::vector<TimedFrame>& settled) {
  const Frame jumped = *waiting_;
  if (last_ && relation(*last_, frame) != Relation::jump) {
    waiting_.reset();
    settle_first(settled);
    return push(frame, settled);
  }
  const Relation next = relation(jumped, frame);
  if (next == Relation::jitter) return;
  const bool back = next == Relation::jump && frame.pts_us() < jumped.pts_us();
  waiting_.reset();
  if (back && !last_) {
    last_ = jumped;
    first_is_open_ = true;
  } else if (!back) {
    settle(jumped, true, settled);
  }
  if (next == Relation::follows) {
    settle(frame, false, settled);
  } else {
    waiting_ = frame;
  }
}

void TimeLine::settle_first(std::vector<TimedFrame>& settled) {
  if (first_is_open_) settle(Frame(*last_), true, settled);
}

void TimeLine::finish(std::vector<TimedFrame>& settled) {
  settle_first(settled);
  // With no frame after it, a jump is believed where it goes on from what came before.
  if (waiting_) {
    const std::optional<std::int64_t> step = step_us(last_pts_us_, waiting_->pts_us());
    const bool goes_on = step && *step > 0 && *step <= kLongestRecordedJumpUs;
    if (!any_ || goes_on) settle(*waiting_, true, settled);
  }
  waiting_.reset();
  last_.reset();
}

void TimeLine::settle(const Frame& frame, bool begins, std::vector<TimedFrame>& settled) {
  time_us_ += any_ ? advance(frame, begins) : 0;
  any_ = true;
  first_is_open_ = false;
  last_pts_us_ = frame.pts_us();
  last_ = frame;
  settled.push_back({frame, time_us_, begins});
}

std::int64_t TimeLine::advance(const Frame& frame, bool begins) {
  const std::optional<std::int64_t> step = step_us(last_pts_us_, frame.pts_us());
  if (!begins) {
    ++intervals_;
    intervals_us_ += *step;
    return *step;
  }
  const std::int64_t most = timing_ == Timing::recorded ? kLongestRecordedJumpUs : kFarthestUs - time_us_;
  return step && *step > 0 && *step <= most ? *step : mean_interval_us();
}

std::int64_t TimeLine::mean_interval_us() const {
  return intervals_ > 0 ? intervals_us_ / intervals_ : kPresetIntervalUs;
}

double video_duration(std::span<const std::int64_t> times_us, double frame_rate) {
  if (times_us.empty()) return 0;
  const double last = static_cast<double>(times_us.back()) / kSecondUs;
  if (times_us.size() > 1) return last + last / static_cast<double>(times_us.size() - 1);
  return 1 / (frame_rate > 0 ? frame_rate : static_cast<double>(kSecondUs) / kPresetIntervalUs);
}

}  // namespace actionflow
