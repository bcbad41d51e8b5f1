#include "base/text/time_text.h"

#include <gtest/gtest.h>

#include "base/machine/clock.h"

namespace actionflow {
namespace {

constexpr std::int64_t kNow = 1'800'000'000'000'000'000;  // 2027-01-15T08:00:00Z

TEST(TimeText, ReadsWhatClocksWrite) {
  EXPECT_EQ(time_of(utc_text(kNow), kNow), kNow);
  EXPECT_EQ(time_of("2027-01-15 08:00", kNow), kNow);
  EXPECT_EQ(time_of("2027-01-15T09:30:00+01:30", kNow), kNow);
  EXPECT_EQ(time_of("2027-01-15T08:00:00.250Z", kNow), kNow + 250'000'000);
  EXPECT_EQ(utc_text(time_of("2024-02-29", kNow).value()), "2024-02-29T00:00:00.000Z");
}

TEST(TimeText, CountsBackFromNow) {
  EXPECT_EQ(time_of("90 s", kNow), kNow - 90'000'000'000);
  EXPECT_EQ(time_of("2h", kNow), kNow - 7'200'000'000'000);
  EXPECT_EQ(time_of("3 d", kNow), kNow - std::int64_t{3} * 86'400'000'000'000);
  EXPECT_EQ(time_of("999999999 d", kNow), 0) << "before all times";
}

TEST(TimeText, EndsWhereNanosecondsDo) {
  EXPECT_EQ(time_of("0001-01-01T00:00:00Z", kNow), 0);
  EXPECT_EQ(time_of("1969-12-31", kNow), 0);
  EXPECT_GT(time_of("9999-12-31T23:59:59.999Z", kNow), time_of("2262-01-01", kNow));
}

TEST(TimeText, RefusesTheRest) {
  for (const char* text : {"", "yesterday", "2027-02-29", "2027-13-01", "2027-01-15 24:00", "2027-01-15 08",
                           "2027-01-15Z", "-2 h", "2 weeks", "1e9 s"})
    EXPECT_FALSE(time_of(text, kNow)) << text;
  EXPECT_FALSE(time_of(std::string(100'000, '1'), kNow));
}

}  // namespace
}  // namespace actionflow
