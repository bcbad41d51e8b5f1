#include "base/log/hourly.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/log_lines.h"
#include "tests/tools/moved_clock.h"

namespace actionflow {
namespace {

TEST(HourlyLine, IsSaidOnceAndThenCounted) {
  static testing::MovedClock clock;
  const testing::LogLines log;
  for (int k = 0; k < 40; ++k) {
    log::hourly(log::Level::warn, "hourly test: no device", clock);
    clock.pass(60);
  }
  log::hourly(log::Level::warn, "hourly test: another", clock);
  clock.pass(1200);
  log::hourly(log::Level::warn, "hourly test: no device", clock);
  EXPECT_EQ(log.lines(), (std::vector<std::string>{"hourly test: no device", "hourly test: another",
                                                   "hourly test: no device (39 more)"}));
}

}  // namespace
}  // namespace actionflow
