#include "datasets/video/readers/arrival_clock.h"

#include <gtest/gtest.h>

#include <vector>

namespace actionflow {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

TEST(ArrivalClock, StampsWhatComesSteadilyByItsArrival) {
  ArrivalClock clock;
  for (std::int64_t k = 0; k < 100; ++k) {
    const std::int64_t arrival_us = k * 40'000 + k % 3 * 2'000;
    EXPECT_EQ(clock.stamp(arrival_us), arrival_us);
  }
}

TEST(ArrivalClock, SpreadsBursts) {
  ArrivalClock clock;
  std::vector<std::int64_t> stamps;
  for (std::int64_t second = 1; second <= 30; ++second) {
    for (std::int64_t k = 0; k < 5; ++k) {
      const std::int64_t arrival_us = second * kSecond + k * 300;
      stamps.push_back(clock.stamp(arrival_us));
      EXPECT_GE(stamps.back(), arrival_us);
      EXPECT_LT(stamps.back(), arrival_us + kSecond);
    }
  }
  // The first burst shows no rate yet.
  for (std::size_t k = 6; k < stamps.size(); ++k) {
    EXPECT_GE(stamps[k] - stamps[k - 1], 50'000) << k;
    EXPECT_LE(stamps[k] - stamps[k - 1], 700'000) << k;
  }
}

TEST(ArrivalClock, GoesByTheArrivalAgainAfterAPause) {
  ArrivalClock clock;
  for (std::int64_t k = 0; k < 50; ++k) clock.stamp(k * 40'000);
  EXPECT_EQ(clock.stamp(12 * kSecond), 12 * kSecond);
}

TEST(ArrivalClock, IsNeverFarAheadOfTheArrivals) {
  ArrivalClock clock;
  std::int64_t last_us = 0;
  for (std::int64_t k = 0; k < 5; ++k) clock.stamp(k * kSecond);
  for (std::int64_t k = 0; k < 1000; ++k) {
    const std::int64_t arrival_us = 5 * kSecond + k;
    const std::int64_t stamp = clock.stamp(arrival_us);
    EXPECT_GE(stamp, last_us);
    EXPECT_LE(stamp, arrival_us + 2 * kSecond);
    last_us = stamp;
  }
}

}  // namespace
}  // namespace actionflow
