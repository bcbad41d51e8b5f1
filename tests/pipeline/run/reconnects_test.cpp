#include "pipeline/run/reconnects.h"

#include <gtest/gtest.h>

#include <vector>

namespace actionflow {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;

TEST(Reconnects, WaitLongerForASourceThatIsLostAgainAtOnce) {
  Reconnects reconnects;
  milliseconds wait{};
  for (int k = 0; k < 12; ++k) {
    reconnects.note_packet(k * kMinute);
    wait = reconnects.next_wait();
  }
  EXPECT_GE(wait, Backoff::kLongest * 3 / 4);
}

TEST(Reconnects, BeginWithTheShortestWaitOnceItStayedForAsLongAsItWasWaitedFor) {
  Reconnects reconnects;
  for (int k = 0; k < 12; ++k) reconnects.next_wait();
  for (int second = 0; second <= 31; ++second) reconnects.note_packet(kMinute + second * kSecond);
  EXPECT_EQ(reconnects.next_wait(), Backoff::kFirst);
}

TEST(Reconnects, AlarmAtTheFifthLossInTenMinutesAndOnceAnHour) {
  Reconnects reconnects;
  std::vector<std::int64_t> told;
  for (std::int64_t minute = 0; minute < 150; ++minute)
    if (reconnects.note_loss(minute * kMinute)) told.push_back(minute);
  EXPECT_EQ(told, (std::vector<std::int64_t>{4, 64, 124}));
}

TEST(Reconnects, SayHowOftenItWasLost) {
  Reconnects reconnects;
  for (int k = 0; k < 4; ++k) EXPECT_EQ(reconnects.note_loss(k), std::nullopt);
  EXPECT_EQ(reconnects.note_loss(9 * kMinute), 5U);
}

TEST(Reconnects, AreNotWorthALineEachOnceTheAlarmWasTold) {
  Reconnects reconnects;
  for (int k = 0; k < 4; ++k) {
    reconnects.note_loss(k);
    EXPECT_FALSE(reconnects.restless(k));
  }
  for (int k = 4; k < 9; ++k) {
    reconnects.note_loss(k);
    EXPECT_TRUE(reconnects.restless(k));
  }
  EXPECT_TRUE(reconnects.restless(9 * kMinute));
  EXPECT_FALSE(reconnects.restless(20 * kMinute)) << "it held meanwhile";
}

TEST(Reconnects, DoNotAlarmForASourceThatIsLostNowAndThen) {
  Reconnects reconnects;
  for (std::int64_t loss = 0; loss < 100; ++loss)
    EXPECT_EQ(reconnects.note_loss(loss * 3 * kMinute), std::nullopt);
}

}  // namespace
}  // namespace actionflow
