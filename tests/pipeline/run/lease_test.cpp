#include "pipeline/run/lease.h"

#include <gtest/gtest.h>

#include "tests/tools/moved_clock.h"

namespace actionflow {
namespace {

class LeaseTest : public ::testing::Test {
 protected:
  testing::MovedClock clock_;
  Lease lease_{10, clock_};
};

TEST_F(LeaseTest, DoesNotHoldBeforeItIsBegun) {
  EXPECT_FALSE(lease_.holds());
  EXPECT_FALSE(lease_.renew(clock_.steady_ns()));
  EXPECT_FALSE(lease_.holds());
}

TEST_F(LeaseTest, HoldsForItsTimeFromWhenItWasRenewed) {
  lease_.begin(clock_.steady_ns());
  clock_.pass(6);
  const std::int64_t sent_ns = clock_.steady_ns();
  clock_.pass(3);
  EXPECT_TRUE(lease_.renew(sent_ns));
  clock_.pass(6.9);
  EXPECT_TRUE(lease_.holds());
  clock_.pass(0.1);
  EXPECT_FALSE(lease_.holds());
}

TEST_F(LeaseTest, IsNotShortenedByAnOlderRenewal) {
  lease_.begin(clock_.steady_ns());
  EXPECT_TRUE(lease_.renew(clock_.steady_ns() - 5'000'000'000));
  clock_.pass(9);
  EXPECT_TRUE(lease_.holds());
}

TEST_F(LeaseTest, IsOverForGoodOnceItRanOut) {
  lease_.begin(clock_.steady_ns());
  clock_.pass(10);
  EXPECT_FALSE(lease_.renew(clock_.steady_ns()));
  EXPECT_FALSE(lease_.holds());
  lease_.begin(clock_.steady_ns());
  EXPECT_TRUE(lease_.holds());
}

}  // namespace
}  // namespace actionflow
