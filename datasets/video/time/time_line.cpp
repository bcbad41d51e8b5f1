#include "datasets/video/time/time_line.h"

#include <algorithm>
#include <limits>

namespace actionflow {

namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kJitterUs = kSecondUs;
constexpr std::int64_t kLiveHoldUs = kSecondUs;
constexpr std::int64_t kRecordedHoldUs = 10 * kSecondUs;
constexpr std::int64_t kUsualUs = kSecondUs / 4;
// Frames that have to agree in a recording, and so many at most wait for it: each is a whole picture.
constexpr int kConfirming = 6;
constexpr std::size_t kMostWaiting = 16;
constexpr std::size_t kMostWaitingLive = 2;
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

bool TimeLine::usual(const Frame& from, const Frame& to) const {
  if (relation(from, to) != Relation::follows) return false;
  return timing_ == Timing::live || to.pts_us() - from.pts_us() <= std::max(kUsualUs, 2 * interval_us_);
}

// Of a step ahead, in halves of a frame.
int TimeLine::cost(const Frame& from, const Frame& to) const {
  if (relation(from, to) == Relation::jump) return 2;
  return usual(from, to) ? 0 : 1;
}

void TimeLine::push(const Frame& frame, std::vector<TimedFrame>& settled) {
  waiting_.push_back(frame);
  settle_waiting(false, settled);
}

void TimeLine::finish(std::vector<TimedFrame>& settled) {
  settle_waiting(true, settled);
  last_.reset();
}

void TimeLine::settle_waiting(bool ended, std::vector<TimedFrame>& settled) {
  while (!waiting_.empty() && (settle_usual(settled) || settle_chain(ended, settled))) {
  }
}

// What needs no other frame's word. False: the first that waits does.
bool TimeLine::settle_usual(std::vector<TimedFrame>& settled) {
  const Frame frame = waiting_.front();
  if (last_ ? relation(*last_, frame) != Relation::jitter && !usual(*last_, frame)
            : timing_ == Timing::recorded && !any_)
    return false;
  if (!last_ || usual(*last_, frame)) settle(frame, !last_, settled);
  waiting_.erase(waiting_.begin());
  return true;
}

// Settles the first of the chain that is believed, and drops what came before it. False: that is not decided.
bool TimeLine::settle_chain(bool ended, std::vector<TimedFrame>& settled) {
  const Chain chain = believed_chain();
  if (!ended && !is_decided(chain)) return false;
  const Frame frame = waiting_[chain.first];
  const bool jump = last_ && relation(*last_, frame) == Relation::jump;
  const bool last_of_all = ended && waiting_.size() == 1;
  if (!jump || chain.length > 1 || (last_of_all && goes_on(frame))) settle(frame, !last_ || jump, settled);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(chain.first) + 1);
  return true;
}

bool TimeLine::is_decided(const Chain& chain) const {
  if (timing_ == Timing::live) return waiting_.size() >= kMostWaitingLive;
  return chain.length >= kConfirming || waiting_.size() >= kMostWaiting;
}

// With no frame after it, a jump is believed where it goes on from what came before.
bool TimeLine::goes_on(const Frame& frame) const {
  const std::optional<std::int64_t> step = step_us(last_pts_us_, frame.pts_us());
  return step && *step > 0 && *step <= kLongestRecordedJumpUs;
}

TimeLine::Chain TimeLine::believed_chain() const {
  constexpr int kGain = 2;
  constexpr int kNone = std::numeric_limits<int>::min() / 2;
  struct End {
    int score = kNone;
    Chain chain;
  };
  const auto better = [](const End& a, const End& b) {
    return a.score != b.score ? a.score > b.score : a.chain.length > b.chain.length;
  };
  std::vector<End> ends;
  End best;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const Frame& frame = waiting_[i];
    End end;
    if (!last_ || relation(*last_, frame) != Relation::jitter)
      end = {kGain - (last_ ? cost(*last_, frame) : 0), {i, 1}};
    for (std::size_t k = 0; k < i; ++k) {
      if (waiting_[k].pts_us() >= frame.pts_us()) continue;
      const Chain& before = ends[k].chain;
      const End longer{ends[k].score + kGain - cost(waiting_[k], frame), {before.first, before.length + 1}};
      if (better(longer, end)) end = longer;
    }
    ends.push_back(end);
    if (better(end, best)) best = end;
  }
  return best.chain;
}

void TimeLine::settle(const Frame& frame, bool begins, std::vector<TimedFrame>& settled) {
  time_us_ += any_ ? advance(frame, begins) : 0;
  any_ = true;
  last_pts_us_ = frame.pts_us();
  last_ = frame;
  settled.push_back({frame, time_us_, begins});
}

std::int64_t TimeLine::advance(const Frame& frame, bool begins) {
  const std::optional<std::int64_t> step = step_us(last_pts_us_, frame.pts_us());
  if (!begins) {
    ++intervals_;
    interval_us_ = *step;
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
