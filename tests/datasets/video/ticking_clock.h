// A clock for what waits: each look at it passes 40 ms.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace actionflow::testing {

class TickingClock final : public Clock {
 public:
  std::int64_t steady_ns() const override { return now_ns_ += kTickNs; }
  std::int64_t wall_ns() const override { return steady_ns(); }
  // Since it was made, without a tick.
  double seconds() const { return static_cast<double>(now_ns_) * 1e-9; }

 private:
  static constexpr std::int64_t kTickNs = 40'000'000;
  mutable std::atomic<std::int64_t> now_ns_{0};
};

}  // namespace actionflow::testing
