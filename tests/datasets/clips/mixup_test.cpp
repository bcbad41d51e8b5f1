#include "datasets/clips/mixup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace actionflow {
namespace {

TEST(Mixup, PairsEveryClipOnceAndLetsItStayMostlyItself) {
  const MixupDraw draw = draw_mixup(0.2, 16, 1, 2, 3);
  const std::set<int> partners(draw.partner.begin(), draw.partner.end());
  EXPECT_EQ(partners.size(), 16U);
  EXPECT_EQ(*partners.begin(), 0);
  EXPECT_EQ(*partners.rbegin(), 15);
  for (const float lambda : draw.lambda) {
    EXPECT_GE(lambda, 0.5F);
    EXPECT_LE(lambda, 1.0F);
  }
}

TEST(Mixup, IsAFunctionOfItsArguments) {
  const MixupDraw draw = draw_mixup(1, 8, 1, 2, 3), again = draw_mixup(1, 8, 1, 2, 3);
  EXPECT_EQ(draw.partner, again.partner);
  EXPECT_EQ(draw.lambda, again.lambda);
  EXPECT_NE(draw.lambda, draw_mixup(1, 8, 1, 2, 4).lambda);
  EXPECT_NE(draw.lambda, draw_mixup(1, 8, 1, 3, 3).lambda);
  EXPECT_NE(draw.lambda, draw_mixup(1, 8, 2, 2, 3).lambda);
}

// Beta(1, 1) is even: the larger of x and 1 − x has a mean of 3/4.
TEST(Mixup, AlphaOfOneMixesEvenly) {
  double sum = 0;
  for (int step = 0; step < 1000; ++step)
    for (const float lambda : draw_mixup(1, 8, 1, 0, step).lambda) sum += lambda;
  EXPECT_NEAR(sum / 8000, 0.75, 0.01);
}

TEST(Mixup, TargetsAreMixedAsTheClipsAre) {
  Tensor targets({2, 3});
  targets.data()[0] = 1;  // clip 0 is class 0
  targets.data()[5] = 1;  // clip 1 is class 2
  const Tensor mixed = mix_targets({{1, 0}, {0.75F, 1.0F}}, targets);
  const std::vector<float> values(mixed.data(), mixed.data() + 6);
  EXPECT_EQ(values, (std::vector<float>{0.75F, 0, 0.25F, 0, 0, 1}));
}

}  // namespace
}  // namespace actionflow
