#include "pipeline/run/reconnects.h"

namespace actionflow {

std::optional<std::size_t> Reconnects::note_loss(std::int64_t now_ns) {
  losses_.push_back(now_ns);
  while (now_ns - losses_.front() > kWithinNs) losses_.pop_front();
  const bool told = alarmed_ns_ && now_ns - *alarmed_ns_ < kAlarmEveryNs;
  if (losses_.size() < kAlarmingLosses || told) return {};
  alarmed_ns_ = now_ns;
  return losses_.size();
}

}  // namespace actionflow
