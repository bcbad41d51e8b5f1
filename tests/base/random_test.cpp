#include "base/random.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace actionflow {
namespace {

using ::testing::ElementsAre;

// The known answers that the authors publish with Random123 (kat_vectors, philox4x32 10).
TEST(Philox, GivesThePublishedAnswers) {
  EXPECT_THAT(philox({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  EXPECT_THAT(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              ElementsAre(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1));
}

TEST(Random, IsAFunctionOfItsArguments) {
  EXPECT_EQ(Random(1, "crop", 2, 3).bits64(), Random(1, "crop", 2, 3).bits64());
  std::set<std::uint64_t> different;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (const char* purpose : {"crop", "flip", ""}) {
      for (std::uint32_t epoch = 0; epoch < 5; ++epoch) {
        for (const std::uint64_t index : {0ULL, 1ULL, 2ULL, 1ULL << 32, 1ULL << 63}) {
          different.insert(Random(seed, purpose, epoch, index).bits64());
        }
      }
    }
  }
  EXPECT_EQ(different.size(), 5u * 3 * 5 * 5);
}

// Computed apart from this code, in Python, from the definitions in random.h and random.cpp: a training
// run that is gone on with in years must draw the same.
TEST(Random, GivesTheSameNumbersAsEver) {
  Random random(42, "augment", 7, 1234);
  const std::array<std::uint32_t, 5> drawn{random.bits(), random.bits(), random.bits(), random.bits(),
                                           random.bits()};
  EXPECT_THAT(drawn, ElementsAre(0x3b1f4a2e, 0x8ac1b28f, 0x9494a6c1, 0x285c7408, 0x38909306));
}

TEST(Random, IsUniformInItsInterval) {
  Random random(1, "uniform");
  std::vector<int> bins(20);
  double sum = 0;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) {
    const float x = random.uniform();
    ASSERT_GE(x, 0.0F);
    ASSERT_LT(x, 1.0F);
    ++bins[static_cast<std::size_t>(x * 20)];
    sum += x;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  double chi = 0;
  for (const int count : bins) chi += std::pow(count - kDraws / 20.0, 2) / (kDraws / 20.0);
  EXPECT_LT(chi, 43.8);  // 19 degrees of freedom, 0.1 %
}

TEST(Random, DrawsIntegersWithoutBias) {
  // 3·2^62 of 2^64: taking a remainder would give the first third twice as often.
  constexpr std::uint64_t kCount = 3ULL << 62;
  Random random(1, "below");
  constexpr int kDraws = 30'000;
  int low = 0;
  for (int i = 0; i < kDraws; ++i) low += random.below(kCount) < kCount / 3 ? 1 : 0;
  EXPECT_NEAR(low, kDraws / 3.0, 5 * std::sqrt(kDraws * 2.0 / 9));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0u);
}

TEST(Random, DrawsNormalNumbers) {
  Random random(1, "normal");
  constexpr int kDraws = 200'000;
  double sum = 0;
  double squares = 0;
  int beyond_two = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
    beyond_two += std::abs(x) > 2 ? 1 : 0;
  }
  EXPECT_NEAR(sum / kDraws, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 5 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(beyond_two / static_cast<double>(kDraws), 0.0455, 0.0025);
}

TEST(Random, ShufflesToEachOrderEquallyOften) {
  std::vector<int> first(5);
  constexpr int kShuffles = 20'000;
  for (std::uint64_t i = 0; i < kShuffles; ++i) {
    std::vector<int> items(5);
    std::iota(items.begin(), items.end(), 0);
    Random(9, "shuffle", 0, i).shuffle(std::span(items));
    EXPECT_THAT(items, ::testing::UnorderedElementsAre(0, 1, 2, 3, 4));
    ++first[static_cast<std::size_t>(items[0])];
  }
  for (const int count : first) EXPECT_NEAR(count, kShuffles / 5.0, 5 * std::sqrt(kShuffles * 0.16));
}

// Mean and variance of Gamma(k): k and k; of Beta(a, b): a/(a+b) and ab/((a+b)²(a+b+1)).
TEST(Random, GammaAndBetaHaveTheirMoments) {
  constexpr int kDraws = 100'000;
  const auto moments = [](auto draw) {
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = draw();
      sum += x;
      squares += x * x;
    }
    const double mean = sum / kDraws;
    return std::pair{mean, squares / kDraws - mean * mean};
  };
  Random random(1, "moments");
  for (const double shape : {0.2, 1.0, 4.5}) {
    const auto [mean, variance] = moments([&] { return random.gamma(shape); });
    EXPECT_NEAR(mean, shape, 5 * std::sqrt(shape / kDraws));
    EXPECT_NEAR(variance, shape, 0.06 * shape);
  }
  for (const auto& [a, b] : {std::pair{0.2, 0.2}, std::pair{1.0, 1.0}, std::pair{2.0, 5.0}}) {
    const auto [mean, variance] = moments([&, a = a, b = b] { return random.beta(a, b); });
    const double expected = a * b / ((a + b) * (a + b) * (a + b + 1));
    EXPECT_NEAR(mean, a / (a + b), 5 * std::sqrt(expected / kDraws));
    EXPECT_NEAR(variance, expected, 0.03 * expected);
  }
}

TEST(Random, BetaOfTinyShapesStaysInItsInterval) {
  Random random(1, "tiny");
  for (int i = 0; i < 1000; ++i) {
    const double x = random.beta(1e-4, 1e-4);
    ASSERT_GE(x, 0);
    ASSERT_LE(x, 1);
  }
}

}  // namespace
}  // namespace actionflow
