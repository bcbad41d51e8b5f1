#include "datasets/video/readers/arrival_clock.h"

#include <algorithm>

namespace actionflow {

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kRemembered = 4 * kSecond;
constexpr std::int64_t kFarthestAhead = 2 * kSecond;

}  // namespace

std::int64_t ArrivalClock::stamp(std::int64_t arrival_us) {
  const std::int64_t step = least_step_us(arrival_us);
  std::int64_t stamp = arrival_us;
  if (last_us_) stamp = std::max(arrival_us, std::min(*last_us_ + step, arrival_us + kFarthestAhead));
  if (last_us_) stamp = std::max(stamp, *last_us_);
  last_us_ = stamp;
  return stamp;
}

// 0 where nothing is known of the source's rate.
std::int64_t ArrivalClock::least_step_us(std::int64_t arrival_us) {
  while (!arrivals_us_.empty() && arrival_us - arrivals_us_.front() > kRemembered) arrivals_us_.pop_front();
  std::int64_t step = 0;
  if (!arrivals_us_.empty()) {
    const std::int64_t mean =
        (arrival_us - arrivals_us_.front()) / static_cast<std::int64_t>(arrivals_us_.size());
    step = mean * 4 / 5;
  }
  arrivals_us_.push_back(arrival_us);
  return step;
}

}  // namespace actionflow
