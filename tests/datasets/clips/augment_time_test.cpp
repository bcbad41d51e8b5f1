#include "datasets/clips/augment_time.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace actionflow {
namespace {

using ::testing::ElementsAre;

const double kNone = std::numeric_limits<double>::quiet_NaN();

ClipTimes clip(double before = 1) { return {{2, 3, 4, 5, 6, 7, 8, 9}, before, false}; }

TEST(AugmentTime, AnIdleTailPlaysTheWholeClipFaster) {
  // Five samples move over seven seconds, then three stay.
  const ClipTimes idle = with_idle_ends(clip(), {0, 3.0 / 8}, false);
  EXPECT_THAT(idle.times, ElementsAre(2, 3.75, 5.5, 7.25, 9, 9, 9, 9));
  EXPECT_DOUBLE_EQ(idle.before, 0.25);
  EXPECT_TRUE(std::isnan(with_idle_ends(clip(kNone), {0, 3.0 / 8}, false).before));
}

TEST(AugmentTime, AnIdleHeadHasNoMotion) {
  const ClipTimes idle = with_idle_ends(clip(), {3.0 / 8, 0}, false);
  EXPECT_THAT(idle.times, ElementsAre(2, 2, 2, 2, 3.75, 5.5, 7.25, 9));
  EXPECT_DOUBLE_EQ(idle.before, 2);
}

TEST(AugmentTime, ACutClipKeepsItsSpeed) {
  EXPECT_THAT(with_idle_ends(clip(), {2.0 / 8, 0}, true).times, ElementsAre(2, 2, 2, 3, 4, 5, 6, 7));
  const ClipTimes tail = with_idle_ends(clip(), {0, 2.0 / 8}, true);
  EXPECT_THAT(tail.times, ElementsAre(4, 5, 6, 7, 8, 9, 9, 9));
  EXPECT_DOUBLE_EQ(tail.before, 3);
  EXPECT_THAT(with_idle_ends(clip(), {2.0 / 8, 1.0 / 8}, true).times, ElementsAre(3, 3, 3, 4, 5, 6, 7, 7));
}

TEST(AugmentTime, LessThanASampleOfIdlenessIsNone) {
  EXPECT_EQ(with_idle_ends(clip(), {0.1, 0.1}, false).times, clip().times);
}

TEST(AugmentTime, AReversedClipComesFromTheMomentThatFollowed) {
  const ClipTimes backwards = reversed(clip(), 20);
  EXPECT_THAT(backwards.times, ElementsAre(9, 8, 7, 6, 5, 4, 3, 2));
  EXPECT_DOUBLE_EQ(backwards.before, 10);
  EXPECT_TRUE(std::isnan(reversed(clip(), 9.5).before));
}

TEST(AugmentTime, HeldPicturesChangeAsSeldomAsASlowerCamerasWould) {
  EXPECT_THAT(with_held_pictures(clip(), 2, 0).times, ElementsAre(2, 2, 4, 4, 6, 6, 8, 8));
  EXPECT_THAT(with_held_pictures(clip(), 2, 0.5).times, ElementsAre(2, 3, 3, 5, 5, 7, 7, 9));
  EXPECT_THAT(with_held_pictures(clip(), 1.5, 0).times, ElementsAre(2, 2, 4, 5, 5, 7, 8, 8));
  EXPECT_EQ(with_held_pictures(clip(), 1, 0.3).times, clip().times);
}

}  // namespace
}  // namespace actionflow
