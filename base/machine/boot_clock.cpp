#include "base/machine/boot_clock.h"

#include <ctime>

namespace actionflow {

namespace {

class BootClock final : public Clock {
 public:
  std::int64_t steady_ns() const override {
    constexpr std::int64_t kSecond = 1'000'000'000;
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * kSecond + now.tv_nsec;
  }
  std::int64_t wall_ns() const override { return Clock::system().wall_ns(); }
};

}  // namespace

const Clock& boot_clock() {
  static const BootClock clock;
  return clock;
}

}  // namespace actionflow
