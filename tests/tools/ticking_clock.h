// A clock for what waits: each look at it passes some time, 40 ms unless told, except while it is held.
#pragma once

#include <atomic>

#include "base/machine/clock.h"

namespace actionflow::testing {

class TickingClock final : public Clock {
 public:
  explicit TickingClock(double tick_seconds = 0.04)
      : tick_ns_(static_cast<std::int64_t>(tick_seconds * 1e9)) {}
  std::int64_t steady_ns() const override { return now_ns_ += held_ ? 0 : tick_ns_; }
  std::int64_t wall_ns() const override { return steady_ns(); }
  void hold(bool held) { held_ = held; }
  // Since it was made, without a tick.
  double seconds() const { return static_cast<double>(now_ns_) * 1e-9; }

 private:
  const std::int64_t tick_ns_;
  std::atomic<bool> held_{false};
  mutable std::atomic<std::int64_t> now_ns_{0};
};

}  // namespace actionflow::testing
