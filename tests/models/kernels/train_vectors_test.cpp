// The inner loops of training, compiled for each processor generation, agree with each other.
#include <gtest/gtest.h>

#include <cmath>

#include "base/machine/processor.h"
#include "models/kernels/simd/map_vectors.h"
#include "tests/models/graph/network_graphs.h"

namespace actionflow::testing {
namespace {

using training::MapVectors;

std::vector<const MapVectors*> generations() {
  std::vector<const MapVectors*> result{training::generic_map_vectors()};
  if (has_avx2()) result.push_back(training::avx2_map_vectors());
  if (has_avx512()) result.push_back(training::avx512_map_vectors());
  return result;
}

void expect_near(const Tensor& actual, const Tensor& expected, const std::string& what) {
  for (std::int64_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(actual[i], expected[i], 1e-5 * std::max(1.0F, std::abs(expected[i]))) << what << " at " << i;
}

// Runs body on every generation: what it returns is the generic one's within rounding.
template <class F>
void expect_agreement(F body) {
  const Tensor expected = body(*generations()[0]);
  for (const MapVectors* vectors : generations()) expect_near(body(*vectors), expected, vectors->name);
}

constexpr std::int64_t kRows = 37;
// Whole registers of each generation, parts, and several together.
const std::int64_t kWidths[] = {1, 3, 16, 20, 80, 100};

struct NormInput {
  explicit NormInput(std::int64_t n)
      : in(random_tensor({kRows, n}, 1)),
        gradient(random_tensor({kRows, n}, 2)),
        coefficients(random_tensor({6, n}, 3)),
        rows{.in = in.data(), .rows = kRows, .n = n, .relu = true} {
    rows.mean = coefficients.data();
    rows.scale = rows.mean + n;
    rows.shift = rows.mean + 2 * n;
    slope = {rows.mean + 3 * n, rows.mean + 4 * n, rows.mean + 5 * n};
  }
  Tensor in, gradient, coefficients;
  training::NormRows rows;
  training::NormSlope slope;
};

TEST(TrainVectors, BatchNormIsTheSameOnEveryProcessor) {
  for (const std::int64_t n : kWidths) {
    const NormInput input(n);
    expect_agreement([&](const MapVectors& vectors) {
      Tensor result({2 * kRows + 4, n});
      float* sums = result.data() + 2 * kRows * n;
      vectors.norm(input.rows, result.data());
      vectors.norm_gradient(input.rows, input.slope, input.gradient.data(), result.data() + kRows * n);
      vectors.norm_sums(input.rows, sums, sums + n);
      vectors.norm_gradient_sums(input.rows, input.gradient.data(), sums + 2 * n, sums + 3 * n);
      return result;
    });
  }
}

TEST(TrainVectors, MaximaAndSlopesAreTheSameOnEveryProcessor) {
  for (const std::int64_t n : kWidths) {
    const Tensor in = random_tensor({kRows, n}, 4), gradient = random_tensor({kRows, n}, 5);
    const Tensor alpha = random_tensor({n}, 6);
    expect_agreement([&](const MapVectors& vectors) {
      Tensor result({3 * kRows + 3, n});
      float* at = result.data();
      std::vector<std::int32_t> index(static_cast<std::size_t>(n));
      vectors.first_greatest(
          {.in = in.data(), .rows = kRows, .stride = n, .n = n, .out = at, .index = index.data()});
      vectors.to_greatest({.gradient = gradient.data(),
                           .index = index.data(),
                           .rows = kRows,
                           .stride = n,
                           .n = n,
                           .out = at += n});
      at += kRows * n;
      vectors.prelu_gradient(in.data(), gradient.data(), alpha.data(), at + n, at, kRows, n);
      at += (kRows + 1) * n;
      vectors.softmax_gradient(in.data(), gradient.data(), at, n);
      vectors.winner_gradient(in.data(), gradient.data(), alpha.data(), gradient.data(), at + n, n);
      return result;
    });
  }
}

// Taps are bytes or pairs of them, positions as many as a register or not.
TEST(TrainVectors, PoolsAreTheSameOnEveryProcessor) {
  for (const bool wide : {false, true})
    for (const std::int64_t n : kWidths) {
      const std::int64_t width = 7, out_width = 4;
      const Tensor in = random_tensor({2, width, n}, 7), gradient = random_tensor({out_width, n}, 8);
      expect_agreement([&](const MapVectors& vectors) {
        Tensor result({out_width + 2 * width, n});
        std::vector<std::uint16_t> taps(static_cast<std::size_t>(out_width * n));
        const void* rows[] = {in.data(), in.data() + width * n};
        const std::int64_t first_taps[] = {0, 3}, out_row = 0, inside = 2;
        vectors.max_pool({.pool = {.rows = rows,
                                   .row_count = 2,
                                   .in_width = width,
                                   .in_padded = n,
                                   .out_width = out_width,
                                   .out_padded = n,
                                   .channels = n,
                                   .kernel = 3,
                                   .stride = 2,
                                   .pad = 1,
                                   .out = result.data()},
                          .first_taps = first_taps,
                          .taps = taps.data(),
                          .wide = wide});
        training::PoolGradientRow row{.rows = &out_row,
                                      .first_taps = first_taps,
                                      .inside = &inside,
                                      .row_count = 1,
                                      .in_width = width,
                                      .out_width = out_width,
                                      .n = n,
                                      .kernel = 3,
                                      .stride = 2,
                                      .pad = 1,
                                      .gradient = gradient.data(),
                                      .taps = taps.data(),
                                      .out = result.data() + out_width * n,
                                      .wide = wide};
        vectors.max_pool_gradient(row);
        row.out = result.data() + (out_width + width) * n;
        vectors.average_pool_gradient(row);
        return result;
      });
    }
}

}  // namespace
}  // namespace actionflow::testing
