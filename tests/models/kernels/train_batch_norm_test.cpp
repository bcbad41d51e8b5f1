// Batch norm in training: beside plain loops in double, beside differences, and where sums are long.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/kernels/train_kernel_bench.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

using kernels::ElementType;

GraphMaker norm_of(const Extents& extents, BatchNorm norm = {.epsilon = 1e-3F, .momentum = 0.9F}) {
  GraphMaker maker(extents);
  const Shape shape{extents.c};
  std::vector<Parameter> parameters;
  const auto add = [&](const char* role) {
    parameters.push_back({"", role, shape, true, Initializer::zeros});
  };
  if (norm.scale) add("gamma");
  if (norm.shift) add("beta");
  add("moving_mean");
  add("moving_variance");
  maker.add(norm, {-1}, extents, parameters);
  return maker;
}

struct Statistics {
  double mean = 0, variance = 0;  // biased
  std::int64_t count = 0;
};

Statistics statistics_of(const Tensor& value, std::int64_t channel) {
  const std::int64_t channels = value.dim(1), positions = value.size() / value.dim(0) / channels;
  Statistics s;
  const auto each = [&](auto body) {
    for (std::int64_t n = 0; n < value.dim(0); ++n)
      for (std::int64_t p = 0; p < positions; ++p)
        body(double{value[(n * channels + channel) * positions + p]});
  };
  each([&](double x) { s.mean += x, ++s.count; });
  s.mean /= static_cast<double>(s.count);
  each([&](double x) { s.variance += (x - s.mean) * (x - s.mean); });
  s.variance /= static_cast<double>(s.count);
  return s;
}

TEST(TrainBatchNorm, NormalisesByTheBatch) {
  for (const std::int64_t channels : {3, 16, 20, 100}) {
    const Extents extents{channels, 2, 5, 6};
    TrainKernelBench bench(norm_of(extents));
    const Tensor before = bench.input(), gamma = bench.parameter("gamma"), beta = bench.parameter("beta");
    const Tensor value = bench.forward();
    for (std::int64_t c = 0; c < channels; ++c) {
      const Statistics in = statistics_of(before, c), out = statistics_of(value, c);
      EXPECT_NEAR(out.mean, double{beta[c]}, 1e-6);
      const double deviation = std::abs(double{gamma[c]}) * std::sqrt(in.variance / (in.variance + 1e-3));
      EXPECT_NEAR(std::sqrt(out.variance), deviation, 1e-6);
    }
  }
}

TEST(TrainBatchNorm, MovesItsStatisticsByTheUnbiasedVariance) {
  TrainKernelBench bench(norm_of({20, 2, 3, 3}));
  const Tensor mean = bench.parameter("moving_mean"), variance = bench.parameter("moving_variance");
  bench.forward();
  for (std::int64_t c = 0; c < 20; ++c) {
    const Statistics batch = statistics_of(bench.input(), c);
    const double n = static_cast<double>(batch.count);
    EXPECT_NEAR(bench.parameter("moving_mean")[c], 0.9 * double{mean[c]} + 0.1 * batch.mean, 1e-6);
    EXPECT_NEAR(bench.parameter("moving_variance")[c],
                0.9 * double{variance[c]} + 0.1 * batch.variance * n / (n - 1), 1e-6);
  }
}

TEST(TrainBatchNorm, ASingleRowLeavesItsStatistics) {
  TrainKernelBench bench(norm_of({20, 1, 1, 1}), {.batch = 1});
  const Tensor mean = bench.parameter("moving_mean"), variance = bench.parameter("moving_variance");
  bench.forward();
  EXPECT_EQ(deviation(bench.parameter("moving_mean"), mean).largest, 0);
  EXPECT_EQ(deviation(bench.parameter("moving_variance"), variance).largest, 0);
}

TEST(TrainBatchNorm, HasGradientsWithAndWithoutRelu) {
  for (const std::int64_t channels : {3, 16, 20, 100})
    for (const bool relu : {false, true}) {
      SCOPED_TRACE(::testing::Message() << channels << " channels, relu " << relu);
      expect_trains(norm_of({channels, 2, 3, 5}),
                    {.forward = false, .bf16 = 0.08, .options = {.relu = relu}});
    }
}

TEST(TrainBatchNorm, GammaAndBetaMayBeAbsent) {
  for (const auto& [scale, shift] : {std::pair{true, false}, {false, true}, {false, false}})
    expect_trains(norm_of({20, 2, 3, 5}, {.scale = scale, .shift = shift}), {.forward = false});
}

TEST(TrainBatchNorm, FrozenStatisticsAreUsedAndLeft) {
  for (const bool relu : {false, true}) {
    expect_trains(norm_of({20, 2, 3, 5}), {.options = {.relu = relu, .frozen_statistics = true}});
    expect_trains(norm_of({20, 2, 3, 5}),
                  {.options = {.relu = relu, .frozen_statistics = true, .frozen = {"gamma", "beta"}}});
  }
  TrainKernelBench bench(norm_of({20, 2, 3, 5}), {.frozen_statistics = true});
  const Tensor mean = bench.parameter("moving_mean"), variance = bench.parameter("moving_variance");
  bench.forward();
  EXPECT_EQ(deviation(bench.parameter("moving_mean"), mean).largest, 0);
  EXPECT_EQ(deviation(bench.parameter("moving_variance"), variance).largest, 0);
}

TEST(TrainBatchNorm, WithAllOfItFrozenItNeedsNoInputBack) {
  TrainKernelBench bench(norm_of({20, 2, 3, 5}), {.frozen_statistics = true, .frozen = {"gamma", "beta"}});
  EXPECT_FALSE(bench.kernel().backward_reads().inputs[0]);
  TrainKernelBench learning(norm_of({20, 2, 3, 5}));
  EXPECT_TRUE(learning.kernel().backward_reads().inputs[0]);
  EXPECT_FALSE(learning.kernel().backward_reads().output);
}

TEST(TrainBatchNorm, FrozenParametersGetNoGradient) {
  TrainKernelBench bench(norm_of({20, 2, 3, 5}), {.frozen = {"gamma"}});
  bench.forward();
  const Gradients gradients = bench.backward(bench.output_gradient());
  EXPECT_FALSE(gradients.parameters.contains("gamma"));
  EXPECT_TRUE(gradients.parameters.contains("beta"));
}

// 200 000 rows whose mean is a thousand times their deviation; and double sums of the same floats.
TEST(TrainBatchNorm, LongSumsFarFromZeroLoseNothing) {
  TrainKernelBench bench(norm_of({16, 16, 56, 56}, {.epsilon = 1e-12F, .momentum = 0}), {.batch = 4});
  for (float& x : bench.input().values()) x = 100 + 0.1F * x;
  const Tensor gradient = bench.output_gradient();
  bench.forward();
  const Gradients gradients = bench.backward(gradient);
  for (std::int64_t c = 0; c < 16; ++c) {
    const Statistics s = statistics_of(bench.input(), c);
    EXPECT_NEAR(bench.parameter("moving_mean")[c], s.mean, 1e-5);
    EXPECT_NEAR(bench.parameter("moving_variance")[c] / s.variance, 1, 2e-5);
    EXPECT_NEAR(gradients.parameters.at("beta")[c],
                statistics_of(gradient, c).mean * static_cast<double>(s.count), 2e-3);
  }
}

TEST(TrainBatchNorm, OneValueAChannelBecomesItsShift) {
  TrainKernelBench bench(norm_of({16, 1, 1, 1}), {.batch = 1});
  EXPECT_EQ(deviation(bench.forward(), Tensor(bench.parameter("beta")).reshaped({1, 16, 1, 1, 1})).largest,
            0);
  for (const float x : bench.parameter("moving_variance").values()) EXPECT_TRUE(std::isfinite(x));
}

}  // namespace
}  // namespace actionflow::testing
