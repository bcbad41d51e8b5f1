#include "models/training/optimizer/average.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/error.h"
#include "models/training/norm_statistics.h"
#include "models/training/training_network.h"
#include "models/weights/initial_weights.h"
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
  std::vector<const GraphNode*> norms() const { return {&architecture_.graph.nodes.at(0)}; }
  Architecture architecture_ = network("  - {layer: batch_norm, name: norm}\n");
  Weights weights_;
};

TEST_F(NormStatisticsTest, AreTheMeanOverClips) {
  NormStatistics statistics(norms(), weights_);
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
    NormStatistics statistics(norms(), weights_);
    statistics.before_batch();
    see(2, 4);
  }
  EXPECT_EQ(mean()[0], 7);
  EXPECT_EQ(variance()[0], 9);
  {
    NormStatistics statistics(norms(), weights_);
    statistics.finish();
  }
  EXPECT_EQ(mean()[0], 7);
}

// A batch of one clip is a single row there, which a pass in training leaves out.
TEST(TrainingNetworkStatistics, OfBatchNormsOnVectorsAreOfBatchesOfSeveralClips) {
  const Architecture architecture = network(
      "  - {layer: global_average_pool}\n  - {layer: batch_norm, name: norm}\n"
      "  - {layer: dense, units: 2, activation: softmax}\n");
  TrainingNetwork trained(architecture, initial_weights(architecture, 1), {.batch = 2});
  const std::vector<std::uint8_t> dark(3 * 8 * 8, 10), bright(dark.size(), 90);
  std::vector<const std::uint8_t*> frames(6, dark.data());
  frames.insert(frames.end(), 6, bright.data());
  const auto estimate = [&](const std::vector<std::size_t>& batches) {
    NormStatistics statistics(trained.moving_norms(), trained.weights());
    for (const std::size_t clips : batches) {
      statistics.before_batch();
      trained.observe(std::span(frames).first(6 * clips), {});
      statistics.after_batch(static_cast<std::int64_t>(clips));
    }
    statistics.finish();
    return trained.weights().tensors.at("norm.moving_variance")[0];
  };
  EXPECT_EQ(estimate({1}), 1);
  const float of_two = estimate({2});
  EXPECT_GT(of_two, 0);
  EXPECT_EQ(estimate({2, 1}), of_two);
}

constexpr const char* kTwoNorms = R"(
  - {layer: batch_norm, name: first}
  - {layer: conv3d, filters: 4, kernel: 3}
  - {layer: batch_norm, name: second}
  - {layer: flatten}
  - {layer: dense, units: 2, activation: softmax}
)";

// Frozen ones do not move, so an estimate of them would be of what stood there for its sake.
TEST(TrainingNetworkStatistics, OfFrozenBatchNormsStayThroughAnEstimation) {
  const Architecture architecture = network(kTwoNorms);
  TrainingNetwork trained(architecture, initial_weights(architecture, 1),
                          {.batch = 2, .frozen = {"first.*"}});
  const Weights before = trained.weights();
  std::vector<std::uint8_t> bytes(3 * 8 * 8);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 % 251);
  const std::vector<const std::uint8_t*> frames(12, bytes.data());
  NormStatistics statistics(trained.moving_norms(), trained.weights());
  statistics.before_batch();
  trained.observe(frames, {});
  statistics.after_batch(2);
  statistics.finish();
  const auto same = [&](const char* name) {
    return std::ranges::equal(trained.weights().tensors.at(name).values(), before.tensors.at(name).values());
  };
  EXPECT_TRUE(same("first.moving_mean"));
  EXPECT_TRUE(same("first.moving_variance"));
  EXPECT_FALSE(same("second.moving_mean"));
  EXPECT_FALSE(same("second.moving_variance"));
}

TEST(TrainingNetworkStatistics, AreNoneWhereEachBatchNormIsFrozen) {
  const Architecture architecture = network(kTwoNorms);
  TrainingNetwork frozen(architecture, initial_weights(architecture, 1), {.freeze_batch_norm = true});
  EXPECT_TRUE(NormStatistics(frozen.moving_norms(), frozen.weights()).empty());
}

}  // namespace
}  // namespace actionflow::testing
