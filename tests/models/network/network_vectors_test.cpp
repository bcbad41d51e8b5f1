// The inner loops compiled for each processor generation agree with each other and with <cmath>.
#include <gtest/gtest.h>

#include <cmath>

#include "base/machine/processor.h"
#include "models/kernels/simd/vector.h"
#include "tests/models/activations.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/reference_value.h"

namespace actionflow::testing {
namespace {

using kernels::VectorKernels;

std::vector<const VectorKernels*> runnable() {
  std::vector<const VectorKernels*> result{kernels::generic_vector_kernels()};
  if (has_avx2()) result.push_back(kernels::avx2_vector_kernels());
  if (has_avx512()) result.push_back(kernels::avx512_vector_kernels());
  return result;
}

TEST(NetworkVectors, ActivationsAreWithinRoundingOfTheExactFunctionFarFromAndNearZero) {
  std::vector<float> in;
  for (double x = 1e-6; x < 100; x *= 1.01) {
    in.push_back(static_cast<float>(x));
    in.push_back(static_cast<float>(-x));
  }
  in.push_back(0);
  std::vector<float> out(in.size());
  for (const VectorKernels* vectors : runnable())
    for (const Activation& activation : all_activations()) {
      vectors->activate(activation, in.data(), out.data(), static_cast<std::int64_t>(in.size()));
      for (std::size_t i = 0; i < in.size(); ++i) {
        if (activation.kind == ActivationKind::exponential && in[i] > 87) continue;  // saturates
        const double expected = plain::activate(in[i], activation);
        EXPECT_NEAR(out[i], expected, 1e-6 * std::abs(expected) + 1e-7)
            << vectors->name << ", kind " << static_cast<int>(activation.kind) << " at " << in[i];
      }
    }
}

TEST(NetworkVectors, DenseSumsInOneOrderWhateverTheNumberOfRows) {
  constexpr std::int64_t kDepth = 1100, kPanels = 5, kRows = 7;
  const Tensor in = random_tensor({kRows, kDepth}, 1), weights = random_tensor({kPanels, kDepth, 16}, 2);
  const auto run = [&](const VectorKernels& vectors, std::int64_t first, std::int64_t rows, float* out) {
    vectors.dense({.in = in.data() + first * kDepth,
                   .in_stride = kDepth,
                   .rows = rows,
                   .weights = weights.data(),
                   .depth = kDepth,
                   .panels = kPanels,
                   .bias = nullptr,
                   .out = out + first * kPanels * 16,
                   .out_stride = kPanels * 16});
  };
  for (const VectorKernels* vectors : runnable()) {
    Tensor together({kRows, kPanels * 16}), apart({kRows, kPanels * 16});
    run(*vectors, 0, kRows, together.data());
    for (std::int64_t row = 0; row < kRows; ++row) run(*vectors, row, 1, apart.data());
    for (std::int64_t i = 0; i < together.size(); ++i) {
      EXPECT_EQ(together[i], apart[i]) << vectors->name;
      double sum = 0;
      const std::int64_t row = i / (kPanels * 16), column = i % (kPanels * 16);
      for (std::int64_t k = 0; k < kDepth; ++k)
        sum += double{in[row * kDepth + k]} * weights[(column / 16 * kDepth + k) * 16 + column % 16];
      EXPECT_NEAR(together[i], sum, 1e-4) << vectors->name;
    }
  }
}

TEST(NetworkVectors, RowsOfAnyLengthAreWrittenToTheirEndAndNoFurther) {
  for (const VectorKernels* vectors : runnable())
    for (std::int64_t n = 1; n < 70; ++n) {
      const Tensor a = random_tensor({n}, 1), b = random_tensor({n}, 2);
      std::vector<float> out(static_cast<std::size_t>(n) + 16, 99.0F);
      vectors->binary(Elementwise::Kind::maximum, 2, a.data(), 1, b.data(), 1, out.data(), n);
      for (std::int64_t i = 0; i < n; ++i)
        ASSERT_EQ(out[static_cast<std::size_t>(i)], 2 * std::max(a[i], b[i])) << vectors->name;
      for (std::size_t i = static_cast<std::size_t>(n); i < out.size(); ++i) ASSERT_EQ(out[i], 99.0F);
      vectors->softmax(a.data(), out.data(), n);
      double sum = 0;
      for (std::int64_t i = 0; i < n; ++i) sum += out[static_cast<std::size_t>(i)];
      ASSERT_NEAR(sum, 1, 1e-5) << vectors->name;
    }
}

}  // namespace
}  // namespace actionflow::testing
