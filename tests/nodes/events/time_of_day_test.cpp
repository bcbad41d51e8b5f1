#include "nodes/events/time_of_day.h"

#include <gtest/gtest.h>

#include "tests/tools/moved_clock.h"

namespace actionflow {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

class TimesOfDay : public ::testing::Test {
 protected:
  // The picture of that second, with so much delay.
  void comes(double second, double late = 0.2, double camera_fast = 0) {
    const auto ns = [](double seconds) { return static_cast<std::int64_t>(seconds * 1e9); };
    time_.note(ns(second * (1 + camera_fast)), begin_ns_ + ns(second + late), 0);
  }
  double zero() const { return static_cast<double>(time_.zero_ns().value() - begin_ns_) / 1e9; }

  testing::MovedClock clock_;
  const std::int64_t begin_ns_ = clock_.steady_ns();
  TimeOfDay time_{clock_};
};

TEST_F(TimesOfDay, AreByThePictureThatTookLeastOnItsWay) {
  EXPECT_FALSE(time_.zero_ns());
  comes(0, 1.5);
  EXPECT_NEAR(zero(), 1.5, 1e-6);
  for (int k = 1; k < 200; ++k) comes(0.1 * k, k % 7 == 0 ? 3 : 0.2 + 0.001 * (k % 5));
  EXPECT_NEAR(zero(), 0.2, 0.05);
}

TEST_F(TimesOfDay, AreTheSameForOneMoment) {
  comes(0);
  const double first = zero();
  for (int k = 1; k < 2000; ++k) {
    comes(0.1 * k, 0.2 + 0.001 * (k % 30));
    ASSERT_EQ(zero(), first);
  }
}

TEST_F(TimesOfDay, FollowACamerasClockThatGoesFast) {
  constexpr double kFast = 1e-4;  // a second in three hours
  for (int k = 0; k < 24 * 3600; k += 5) comes(k, 0.2, kFast);
  EXPECT_NEAR(zero() + 24 * 3600 * (1 + kFast), 24 * 3600 + 0.2, 0.1);
}

TEST_F(TimesOfDay, FollowTheMachinesClockAtOnceWhereItIsSet) {
  comes(0);
  comes(60);
  clock_.set_wall(1e6);
  comes(61);
  EXPECT_NEAR(zero(), 1e6 + 0.2, 1e-3);
  clock_.set_wall(-1e6);
  comes(62);
  EXPECT_NEAR(zero(), 0.2, 1e-3);
}

TEST_F(TimesOfDay, AreTheSendersWhereItSays) {
  time_.note(5 * kSecond, begin_ns_, 1005 * kSecond);
  EXPECT_EQ(time_.zero_ns(), 1000 * kSecond);
  clock_.set_wall(1e6);
  time_.note(6 * kSecond, begin_ns_, 1006 * kSecond);
  EXPECT_EQ(time_.zero_ns(), 1000 * kSecond);
  time_.note(7 * kSecond, begin_ns_, 2007 * kSecond);
  EXPECT_EQ(time_.zero_ns(), 2000 * kSecond) << "it was set";
  time_.reset();
  EXPECT_FALSE(time_.zero_ns());
}

}  // namespace
}  // namespace actionflow
