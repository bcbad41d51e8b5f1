#include "pipeline/run/absence.h"

#include <gtest/gtest.h>

#include <vector>

namespace actionflow {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(Absence, IsToldAfterOneTenAndSixtyMinutesThenEachHour) {
  Absence absence(7 * kSecond);
  std::vector<std::int64_t> told;
  for (std::int64_t second = 0; second < 5 * 3600 + 60; second += 10)
    if (const auto minutes = absence.due((7 + second) * kSecond)) told.push_back(*minutes);
  EXPECT_EQ(told, (std::vector<std::int64_t>{1, 10, 60, 120, 180, 240, 300}));
}

TEST(Absence, IsToldOnceWhereNobodyAskedForLong) {
  Absence absence;
  EXPECT_EQ(absence.due(150 * 60 * kSecond), 150);
  EXPECT_EQ(absence.due(151 * 60 * kSecond), std::nullopt);
  EXPECT_EQ(absence.due(180 * 60 * kSecond), 180);
}

TEST(Absence, SaysHours) {
  EXPECT_EQ(Absence::text(10), "10 min");
  EXPECT_EQ(Absence::text(120), "2 h");
  EXPECT_EQ(Absence::text(150), "2 h 30 min");
}

}  // namespace
}  // namespace actionflow
