#include "nodes/events/time_of_day.h"

#include <algorithm>
#include <cstdlib>

namespace actionflow {

void TimeOfDay::note(std::int64_t stamp_ns, std::int64_t arrival_ns, std::int64_t taken_ns) {
  const std::int64_t now_ns = best_ns(stamp_ns, arrival_ns, taken_ns);
  if (!told_ns_ || std::abs(now_ns - *told_ns_) > kStirNs) told_ns_ = now_ns;
}

std::int64_t TimeOfDay::best_ns(std::int64_t stamp_ns, std::int64_t arrival_ns, std::int64_t taken_ns) {
  if (taken_ns != 0) return taken_ns - stamp_ns;
  const std::int64_t zero_ns = arrival_ns - stamp_ns;
  if (!came_zero_ns_ || arrival_ns - stretch_ns_ >= kRememberedNs) {
    before_ns_ = came_zero_ns_;
    came_zero_ns_ = zero_ns;
    stretch_ns_ = arrival_ns;
  }
  came_zero_ns_ = std::min(*came_zero_ns_, zero_ns);
  return std::min(*came_zero_ns_, before_ns_.value_or(*came_zero_ns_)) + clock_->wall_ns() -
         clock_->steady_ns();
}

}  // namespace actionflow
