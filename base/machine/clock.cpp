#include "base/machine/clock.h"

#include <fmt/format.h>

#include <ctime>

namespace actionflow {

namespace {

template <class C>
std::int64_t nanoseconds_of() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(C::now().time_since_epoch()).count();
}

class SystemClock final : public Clock {
 public:
  std::int64_t steady_ns() const override { return nanoseconds_of<std::chrono::steady_clock>(); }
  std::int64_t wall_ns() const override { return nanoseconds_of<std::chrono::system_clock>(); }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

std::int64_t steady_ns() { return nanoseconds_of<std::chrono::steady_clock>(); }

double processor_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

std::string utc_text(std::int64_t wall_ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t fraction_ns = ((wall_ns % kSecond) + kSecond) % kSecond;
  const auto seconds = static_cast<std::time_t>((wall_ns - fraction_ns) / kSecond);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, fraction_ns / 1'000'000);
}

bool RateLimit::pass(std::int64_t& held_back) {
  const std::int64_t now = clock_->steady_ns();
  std::int64_t next = next_ns_.load(std::memory_order_relaxed);
  if (now >= next && next_ns_.compare_exchange_strong(next, now + interval_ns_, std::memory_order_relaxed)) {
    held_back = held_back_.exchange(0, std::memory_order_relaxed);
    return true;
  }
  held_back_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

}  // namespace actionflow
