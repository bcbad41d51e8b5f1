// A clock that stands still until a test moves it, from any thread.
#pragma once

#include <atomic>

#include "base/machine/clock.h"

namespace actionflow::testing {

class MovedClock final : public Clock {
 public:
  std::int64_t steady_ns() const override { return now_ns_; }
  std::int64_t wall_ns() const override { return now_ns_ + set_ns_; }
  void pass(double seconds) { now_ns_ += static_cast<std::int64_t>(seconds * 1e9); }
  // Somebody sets the clock of the day.
  void set_wall(double seconds_more) { set_ns_ += static_cast<std::int64_t>(seconds_more * 1e9); }

 private:
  std::atomic<std::int64_t> set_ns_{0};
  std::atomic<std::int64_t> now_ns_{1'000'000'000};
};

}  // namespace actionflow::testing
