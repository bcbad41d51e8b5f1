#include "pipeline/run/reconnects.h"

#include <algorithm>
#include <cstddef>

namespace actionflow {

std::optional<std::size_t> Reconnects::note_loss(std::int64_t now_ns) {
  losses_.push_back(now_ns);
  while (now_ns - losses_.front() > kWithinNs) losses_.pop_front();
  const bool told = alarmed_ns_ && now_ns - *alarmed_ns_ < kAlarmEveryNs;
  if (losses_.size() < kAlarmingLosses || told) return {};
  alarmed_ns_ = now_ns;
  return losses_.size();
}

bool Reconnects::restless(std::int64_t now_ns) const {
  const auto fresh = std::count_if(losses_.begin(), losses_.end(),
                                   [&](std::int64_t loss) { return now_ns - loss <= kWithinNs; });
  return alarmed_ns_ && fresh >= static_cast<std::ptrdiff_t>(kAlarmingLosses);
}

}  // namespace actionflow
