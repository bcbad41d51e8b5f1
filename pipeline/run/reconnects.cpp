#include "pipeline/run/reconnects.h"

namespace actionflow {

void Reconnects::note_packet(std::int64_t now_ns) {
  if (!back_ns_) back_ns_ = now_ns;
  if (now_ns - *back_ns_ >= waited_.count()) backoff_.reset();
}

std::chrono::milliseconds Reconnects::next_wait() {
  const std::chrono::milliseconds wait = backoff_.next();
  waited_ = wait;
  back_ns_.reset();
  return wait;
}

std::optional<std::size_t> Reconnects::note_loss(std::int64_t now_ns) {
  losses_.push_back(now_ns);
  while (now_ns - losses_.front() > kWithinNs) losses_.pop_front();
  const bool told = alarmed_ns_ && now_ns - *alarmed_ns_ < kAlarmEveryNs;
  if (losses_.size() < kAlarmingLosses || told) return {};
  alarmed_ns_ = now_ns;
  return losses_.size();
}

}  // namespace actionflow
