#include "models/training/average.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/error.h"
#include "models/training/norm_statistics.h"
#include "tests/models/networks.h"

namespace actionflow::testing {
namespace {

Weights one(float value) {
  Weights weights;
  weights.tensors["a"] = Tensor({1}, std::vector<float>{value});
  return weights;
}

float value_of(const WeightAverage& average) { return average.weights().tensors.at("a")[0]; }

TEST(WeightAverage, KeepsItsDecaysShare) {
  WeightAverage average({.decay = 0.75, .warm_up = false}, one(8));
  average.update(one(0));
  EXPECT_FLOAT_EQ(value_of(average), 6);
  average.update(one(2));
  EXPECT_FLOAT_EQ(value_of(average), 5);
}

// (1 + n)/(10 + n): a tenth at the first update, then 2/11, until `decay` is reached.
TEST(WeightAverage, WarmsItsDecayUp) {
  WeightAverage average({.decay = 0.15, .warm_up = true}, one(10));
  average.update(one(0));
  EXPECT_FLOAT_EQ(value_of(average), 1);
  average.update(one(0));
  EXPECT_FLOAT_EQ(value_of(average), 0.15F);
}

TEST(WeightAverage, GoesOnFromItsStateAndRefusesAnother) {
  WeightAverage average({.decay = 0.9}, one(1)), again({.decay = 0.9}, one(0));
  for (int i = 0; i < 5; ++i) average.update(one(static_cast<float>(i)));
  again.load(average.weights(), average.updates());
  average.update(one(9));
  again.update(one(9));
  EXPECT_EQ(value_of(average), value_of(again));
  Weights other;
  other.tensors["b"] = Tensor({1});
  EXPECT_THROW(again.load(other, 1), ModelError);
  other.tensors["a"] = Tensor({1});
  EXPECT_THROW(again.load(other, 1), ModelError);
  Weights longer;
  longer.tensors["a"] = Tensor({2});
  EXPECT_THROW(again.load(longer, 1), ModelError);
}

class NormStatisticsTest : public ::testing::Test {
 protected:
  NormStatisticsTest() : weights_(initial_weights(architecture_, 1)) {
    mean()[0] = 7;
    variance()[0] = 9;
  }
  Tensor& mean() { return weights_.tensors.at("norm.moving_mean"); }
  Tensor& variance() { return weights_.tensors.at("norm.moving_variance"); }
  // As a forward pass in training leaves them: momentum 0.99.
  void see(float batch_mean, float batch_variance) {
    mean()[0] = 0.99F * mean()[0] + 0.01F * batch_mean;
    variance()[0] = 0.99F * variance()[0] + 0.01F * batch_variance;
  }
  Architecture architecture_ = network("  - {layer: batch_norm, name: norm}\n");
  Weights weights_;
};

TEST_F(NormStatisticsTest, AreTheMeanOverClips) {
  NormStatistics statistics(architecture_, weights_);
  EXPECT_FALSE(statistics.empty());
  statistics.before_batch();
  see(2, 4);
  statistics.after_batch(3);
  statistics.before_batch();
  see(6, 1);
  statistics.after_batch(1);
  statistics.finish();
  EXPECT_NEAR(mean()[0], 3, 1e-5);
  EXPECT_NEAR(variance()[0], 3.25, 1e-5);
}

TEST_F(NormStatisticsTest, BecomeWhatTheyWereWhereNothingWasFinished) {
  {
    NormStatistics statistics(architecture_, weights_);
    statistics.before_batch();
    see(2, 4);
  }
  EXPECT_EQ(mean()[0], 7);
  EXPECT_EQ(variance()[0], 9);
  {
    NormStatistics statistics(architecture_, weights_);
    statistics.finish();
  }
  EXPECT_EQ(mean()[0], 7);
}

TEST_F(NormStatisticsTest, AreNotThereInANetworkWithoutBatchNorm) {
  const Architecture plain = network("  - {layer: conv3d, filters: 2, kernel: 3}\n");
  Weights weights = initial_weights(plain, 1);
  EXPECT_TRUE(NormStatistics(plain, weights).empty());
}

}  // namespace
}  // namespace actionflow::testing
