// Where magnitudes are cut off.
#include "models/quantization/magnitudes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "tests/models/graph/network_graphs.h"

namespace actionflow::testing {
namespace {

constexpr RangeMethod kMethods[] = {RangeMethod::entropy, RangeMethod::percentile, RangeMethod::mse};

std::vector<float> uniform_values(std::int64_t count, std::uint32_t seed = 1) {
  const Tensor values = random_tensor({count}, seed);
  return {values.values().begin(), values.values().end()};
}

TEST(Magnitudes, KeepAllOfAnEvenDistribution) {
  Magnitudes magnitudes;
  magnitudes.add(uniform_values(100000));
  for (const RangeMethod method : kMethods) {
    const ValueRange range = magnitudes.range(method);
    EXPECT_NEAR(range.low, -1, 0.02);
    EXPECT_NEAR(range.high, 1, 0.02);
  }
}

TEST(Magnitudes, CutOffAFewThatAreFarAway) {
  std::vector<float> values = uniform_values(100000);
  for (float& value : values) value = std::max(value, 0.0F);
  values[17] = 40;
  Magnitudes magnitudes;
  magnitudes.add(values);
  for (const RangeMethod method : kMethods) {
    const ValueRange range = magnitudes.range(method);
    EXPECT_EQ(range.low, 0);
    EXPECT_LT(range.high, 39) << static_cast<int>(method);
    EXPECT_GT(range.high, 0.9);
  }
}

TEST(Magnitudes, DoNotDependOnTheOrder) {
  std::vector<float> values = uniform_values(5000);
  values[4000] = 300;
  values[4001] = -1e-6F;
  Magnitudes one, other;
  one.add(values);
  std::reverse(values.begin(), values.end());
  for (const float value : values) other.add({&value, 1});
  for (const RangeMethod method : kMethods) EXPECT_EQ(one.range(method), other.range(method));
}

TEST(Magnitudes, HaveARangeOfNothingAndOfZeros) {
  Magnitudes nothing, zeros;
  const float values[] = {0, std::numeric_limits<float>::quiet_NaN(), 0,
                          std::numeric_limits<float>::infinity()};
  zeros.add(values);
  for (const RangeMethod method : kMethods) {
    EXPECT_EQ(nothing.range(method), ValueRange{});
    EXPECT_EQ(zeros.range(method), ValueRange{});
  }
}

}  // namespace
}  // namespace actionflow::testing
