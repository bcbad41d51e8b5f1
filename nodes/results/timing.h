// Durations counted cheaply from many threads.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/machine/clock.h"

namespace actionflow {

// How often, how long in all, and the quantiles, exact to 1 %. Bounded memory however long it runs.
// add() may be called from any thread at any time; the rest reads a moment's state.
class DurationHistogram {
 public:
  void add(std::int64_t ns) noexcept;
  // Begins anew. What is added meanwhile may be lost or kept.
  void reset() noexcept;

  std::int64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  double total_ms() const noexcept;
  // How many were no longer than this, exact to 1 %.
  std::int64_t count_up_to(std::int64_t ns) const noexcept;
  // q from 0 to 1; 0 where nothing was added.
  double quantile_ms(double q) const noexcept;

 private:
  static constexpr int kBuckets = 2400;  // 1 µs to 6 hours in steps of 1 %
  static int bucket(std::int64_t ns) noexcept;

  std::atomic<std::int64_t> count_{0};
  std::atomic<std::int64_t> total_ns_{0};
  std::array<std::atomic<std::int64_t>, kBuckets> buckets_{};
};

// Adds the time from its construction to its end.
class ScopedTimer {
 public:
  explicit ScopedTimer(DurationHistogram& histogram) : histogram_(histogram), start_ns_(steady_ns()) {}
  ~ScopedTimer() { histogram_.add(steady_ns() - start_ns_); }
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;

 private:
  DurationHistogram& histogram_;
  std::int64_t start_ns_;
};

}  // namespace actionflow
