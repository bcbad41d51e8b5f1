#include "datasets/video/readers/standing_clock.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

constexpr std::int64_t kInterval = 100'000;

TEST(StandingClock, IsKnownAfterTwoSecondsAndTwentyFivePackets) {
  StandingClock clock;
  int packet = 0;
  while (packet < 100 && !clock.stands(7, packet * kInterval)) ++packet;
  EXPECT_EQ(packet, 24);
  EXPECT_TRUE(clock.stands(8, ++packet * kInterval));
}

TEST(StandingClock, NeitherABurstNorASlowCameraIsOne) {
  StandingClock burst, slow;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(burst.stands(7, 0));
    EXPECT_FALSE(slow.stands(i, i * 20 * kInterval));
  }
}

}  // namespace
}  // namespace actionflow
