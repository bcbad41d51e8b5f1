// Which pictures may leave, worked out by hand for windows of 2 seconds.
#include "nodes/results/covered_time.h"

#include <gtest/gtest.h>

namespace actionflow::testing {
namespace {

TEST(CoveredTime, NothingIsCoveredBeforeTheFirstAnswer) { EXPECT_LT(CoveredTime(1).until(100), 0); }

TEST(CoveredTime, OverlappingWindowsHoldPicturesUntilTheNextBegins) {
  CoveredTime covered(1);
  covered.answered(4, 6);
  EXPECT_EQ(covered.until(6), 4);  // a last window may begin at 4
  EXPECT_EQ(covered.until(6.5), 4.5);
  EXPECT_EQ(covered.until(60), 5);  // the next one, late, begins at 5
}

TEST(CoveredTime, BetweenDistantWindowsPicturesWaitForAWindowsLengthOnly) {
  CoveredTime covered(1000);
  covered.answered(0, 2);
  EXPECT_EQ(covered.until(2), 0);
  EXPECT_EQ(covered.until(500), 498);
  EXPECT_EQ(covered.until(5000), 1000);
}

}  // namespace
}  // namespace actionflow::testing
