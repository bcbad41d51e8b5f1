#include "pipeline/web/overload.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

StreamView view(std::int64_t windows, std::int64_t dropped) {
  StreamView view;
  view.name = "door";
  view.live = true;
  view.windows = windows;
  view.dropped = dropped;
  return view;
}

TEST(Overload, IsToldWhereMostWindowsOfTheLastMinuteWereDropped) {
  Overload overload;
  overload.note({view(100, 1000)}, 0);
  EXPECT_TRUE(overload.reasons().empty()) << "what was before is not counted";
  overload.note({view(110, 1008)}, 10 * kSecond);
  EXPECT_TRUE(overload.reasons().empty()) << "most were answered";
  overload.note({view(112, 1040)}, 50 * kSecond);
  ASSERT_EQ(overload.reasons().size(), 1U);
  EXPECT_EQ(overload.reasons().front(),
            "door: 40 of 52 windows were dropped in the last minute; the machine has too much to do");
  for (int second = 51; second < 120; ++second) overload.note({view(112 + second, 1040)}, second * kSecond);
  EXPECT_TRUE(overload.reasons().empty()) << "it is over";
}

TEST(Overload, ForgetsAStreamThatIsGoneOrBegunAnew) {
  Overload overload;
  overload.note({view(0, 0)}, 0);
  overload.note({view(0, 50)}, kSecond);
  EXPECT_EQ(overload.reasons().size(), 1U);
  overload.note({view(0, 3)}, 2 * kSecond);
  EXPECT_TRUE(overload.reasons().empty());
  overload.note({}, 3 * kSecond);
  EXPECT_TRUE(overload.reasons().empty());
}

}  // namespace
}  // namespace actionflow
