// Indirect convolutions against the plain loops of tests/models/reference.h.
#include "models/kernels/indirect/indirect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>

#include "base/machine/processor.h"
#include "tests/models/kernels/convolution_case.h"
#include "tests/models/reference.h"
#include "tests/models/tensors.h"

namespace actionflow::testing {
namespace {

using kernels::ConvolutionProblem;

constexpr double kLargestError = 3e-6;

void expect_as_reference(const ConvolutionCase& c) {
  const ConvolutionProblem p = problem(c);
  ASSERT_TRUE(kernels::indirect_fits(p));
  EXPECT_LT(deviation(run(*kernels::make_indirect(p), p), expected(p)).largest, kLargestError);
}

TEST(Indirect, EqualsTheReferenceOverKernelsAndStrides) {
  expect_as_reference({{32, 5, 9, 11}, 32});
  expect_as_reference({{32, 5, 9, 11}, 48, {3, 1, 1}, {1, 0, 0}, {1, 0, 0}});
  expect_as_reference({{32, 6, 9, 11}, 16, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, 1, {2, 2, 2}});
  expect_as_reference({{32, 5, 9, 11}, 32, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}, 1, {2, 2, 2}});
  expect_as_reference({{16, 7, 12, 13}, 16, {2, 5, 4}, {1, 0, 2}, {0, 3, 1}, 1, {1, 2, 3}});
  expect_as_reference({{16, 7, 12, 13}, 16, {3, 3, 3}, {2, 2, 2}, {2, 2, 2}, 1, {1, 1, 1}, {2, 2, 2}});
}

TEST(Indirect, EqualsTheReferenceOverOddChannelsAndClips) {
  expect_as_reference({{3, 3, 5, 6}, 5});
  expect_as_reference({{33, 3, 5, 6}, 40, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, 3});
  expect_as_reference({{17, 2, 1, 1}, 100, {3, 1, 1}, {1, 0, 0}, {1, 0, 0}, 2});
}

// Frames of more outputs than are made at once, and of fewer.
TEST(Indirect, EqualsTheReferenceOverSizes) {
  expect_as_reference({{16, 3, 19, 23}, 16, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, 2});
  expect_as_reference({{16, 9, 7, 7}, 16, {3, 3, 3}, {0, 1, 1}, {1, 1, 1}, 2});
  expect_as_reference({{16, 1, 1, 1}, 16});
}

TEST(Indirect, IsAsAccurateOverManyChannels) {
  expect_as_reference({{512, 2, 7, 7}, 32, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, 1, {2, 2, 2}});
  expect_as_reference({{600, 4, 5, 5}, 32, {3, 1, 1}, {1, 0, 0}, {1, 0, 0}});
}

TEST(Indirect, AppliesPostOperationsInTheirOrder) {
  ConvolutionProblem p = problem({{32, 4, 6, 7}, 40});
  Tensor right = expected(p);
  const Tensor other(right.shape(), random_values(right.size(), 7));
  const std::vector<float> scale = random_values(40, 8), shift = random_values(40, 9);
  p.post_operations = {kernels::ScaleShift{scale, shift}, kernels::AddInput{1, false}, Activation{}};
  const std::int64_t positions = p.out.extents.positions();
  for (std::int64_t i = 0; i < right.size(); ++i) {
    const auto c = static_cast<std::size_t>(i / positions);
    right[i] = std::max(right[i] * scale[c] + shift[c] + other[i], 0.0F);
  }
  EXPECT_LT(deviation(run(*kernels::make_indirect(p), p, {&other}), right).largest, kLargestError);
}

TEST(Indirect, LeavesOtherPostOperationsToOthers) {
  ConvolutionProblem p = problem({{32, 4, 6, 7}, 40});
  p.post_operations = {Activation{ActivationKind::silu}};
  EXPECT_FALSE(kernels::indirect_fits(p));
}

TEST(Indirect, GivesTheSameBitsOnAnyNumberOfThreads) {
  const ConvolutionProblem p = problem({{48, 6, 11, 13}, 64, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, 1, {1, 2, 2}});
  const int threads = omp_get_max_threads();
  const Tensor first = run(*kernels::make_indirect(p), p);
  for (const int count : {1, 2, 3}) {
    omp_set_num_threads(count);
    EXPECT_TRUE(same_bits(run(*kernels::make_indirect(p), p), first));
  }
  omp_set_num_threads(threads);
}

TEST(Indirect, IsExactInTime) { EXPECT_TRUE(exact_in_time(kernels::make_indirect)); }

// A product of one position by a kernel of one tap, as networks for streams have them.
TEST(Indirect, StandsInForReferenceKernels) {
  const ConvolutionProblem p = problem({{64, 1, 1, 1}, 64, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}});
  const auto chosen = kernels::make_convolution(p)->implementation();
  EXPECT_THAT(chosen, ::testing::Not(::testing::HasSubstr("ref")));
}

TEST(Indirect, IsChosenWhereOneDnnHasNoFastKernel) {
  const ConvolutionProblem p = problem({{64, 4, 14, 14}, 64, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, 1, {1, 2, 2}});
  const auto chosen = kernels::make_convolution(p)->implementation();
  if (!has_avx512())
    EXPECT_THAT(chosen, ::testing::HasSubstr("indirect"));
  else
    EXPECT_THAT(chosen, ::testing::Not(::testing::HasSubstr("indirect")));
}

}  // namespace
}  // namespace actionflow::testing
