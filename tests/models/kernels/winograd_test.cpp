// Winograd convolutions against the plain loops of tests/models/reference.h.
#include "models/kernels/winograd/winograd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <cstring>

#include "tests/models/kernels/convolution_case.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

using kernels::ConvolutionProblem;
using kernels::Kernel;
using kernels::WinogradOptions;

// Mean error of the result's scale; a direct sum in f32 has about a third of it.
constexpr double kMeanError = 2e-6;
constexpr double kLargestError = 2e-5;

#define REQUIRE_VECTORS(problem) \
  if (!kernels::winograd_fits(problem)) GTEST_SKIP() << "needs AVX2"

void expect_as_reference(const ConvolutionCase& c) {
  const ConvolutionProblem p = problem(c);
  const Tensor right = expected(p);
  for (const int tile : {4, 2}) {
    for (const int shared : {1, 2}) {
      SCOPED_TRACE("tile " + std::to_string(tile) + ", shared " + std::to_string(shared));
      for (const bool exact : {false, true}) {
        const auto kernel = kernels::make_winograd(
            p, {.tile = tile, .block_rows = 9, .shared_blocks = shared, .exact_in_time = exact});
        const Deviation error = deviation(run(*kernel, p), right);
        EXPECT_LT(error.mean, kMeanError) << exact;
        EXPECT_LT(error.largest, kLargestError) << exact;
      }
    }
  }
}

TEST(Winograd, EqualsTheReferenceOverSizesInSpace) {
  REQUIRE_VECTORS(problem({{16, 4, 4, 4}, 16}));
  for (const std::int64_t h : {1, 3, 4, 7, 9}) {
    for (const std::int64_t w : {2, 5, 8}) {
      SCOPED_TRACE(std::to_string(h) + "×" + std::to_string(w));
      expect_as_reference({{16, 4, h, w}, 32});
    }
  }
}

TEST(Winograd, EqualsTheReferenceOverNumbersOfFrames) {
  REQUIRE_VECTORS(problem({{16, 4, 4, 4}, 16}));
  for (const std::int64_t t : {1, 2, 3, 4, 5, 8}) {
    SCOPED_TRACE(std::to_string(t) + " frames");
    expect_as_reference({{32, t, 6, 7}, 32});
    expect_as_reference({{32, t, 6, 7}, 32, {1, 3, 3}, {0, 1, 1}, {0, 1, 1}});
  }
}

TEST(Winograd, EqualsTheReferenceOverOddChannelsAndClips) {
  REQUIRE_VECTORS(problem({{16, 4, 4, 4}, 16}));
  expect_as_reference({{33, 3, 5, 6}, 40});
  expect_as_reference({{5, 2, 5, 6}, 3});
  expect_as_reference({{48, 4, 7, 6}, 17, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, 3});
}

TEST(Winograd, EqualsTheReferenceWithOtherPadding) {
  REQUIRE_VECTORS(problem({{16, 4, 4, 4}, 16}));
  expect_as_reference({{16, 5, 7, 8}, 16, {3, 3, 3}, {0, 0, 0}, {0, 0, 0}});
  expect_as_reference({{16, 5, 7, 8}, 16, {3, 3, 3}, {2, 0, 1}, {0, 2, 0}});
  expect_as_reference({{16, 2, 7, 8}, 16, {3, 3, 3}, {2, 1, 1}, {0, 1, 1}});
}

TEST(Winograd, IsAsAccurateOverManyChannels) {
  REQUIRE_VECTORS(problem({{16, 4, 4, 4}, 16}));
  expect_as_reference({{512, 2, 7, 7}, 32});
  expect_as_reference({{256, 4, 14, 14}, 32});
}

TEST(Winograd, AppliesPostOperationsInTheirOrder) {
  ConvolutionProblem p = problem({{32, 4, 6, 7}, 40});
  REQUIRE_VECTORS(p);
  Tensor right = expected(p);
  const Tensor other(right.shape(), random_values(right.size(), 7));
  const std::vector<float> scale = random_values(40, 8), shift = random_values(40, 9);
  p.post_operations = {kernels::ScaleShift{scale, shift}, kernels::AddInput{1, false}, Activation{}};
  const auto kernel = kernels::make_winograd(p);
  const std::int64_t positions = p.out.extents.positions();
  for (std::int64_t i = 0; i < right.size(); ++i) {
    const auto c = static_cast<std::size_t>(i / positions);
    right[i] = std::max(right[i] * scale[c] + shift[c] + other[i], 0.0F);
  }
  EXPECT_LT(deviation(run(*kernel, p, {&other}), right).largest, kLargestError);
}

TEST(Winograd, GivesTheSameBitsOnAnyNumberOfThreadsAndInAnyBlocks) {
  const ConvolutionProblem p = problem({{48, 6, 11, 9}, 64});
  REQUIRE_VECTORS(p);
  const int threads = omp_get_max_threads();
  const auto first = run(*kernels::make_winograd(p, {.tile = 4, .block_rows = 200, .shared_blocks = 2}), p);
  for (const int count : {1, 2, 3}) {
    omp_set_num_threads(count);
    for (const int shared : {1, 2}) {
      const auto kernel = kernels::make_winograd(p, {.tile = 4, .block_rows = 11, .shared_blocks = shared});
      const Tensor again = run(*kernel, p);
      EXPECT_EQ(
          std::memcmp(first.data(), again.data(), static_cast<std::size_t>(first.size()) * sizeof(float)), 0);
    }
  }
  omp_set_num_threads(threads);
}

std::string chosen(const ConvolutionProblem& problem) {
  return kernels::make_convolution(problem)->implementation();
}

template <bool exact>
std::unique_ptr<Kernel> in_small_blocks(const ConvolutionProblem& p) {
  return kernels::make_winograd(p, {.tile = 4, .block_rows = 20, .exact_in_time = exact});
}

TEST(Winograd, HasAFormThatIsExactInTime) {
  REQUIRE_VECTORS(problem({{16, 4, 4, 4}, 16}));
  EXPECT_TRUE(exact_in_time(in_small_blocks<true>));
  EXPECT_FALSE(exact_in_time(in_small_blocks<false>)) << "pairs of frames would do for streams";
}

TEST(Winograd, OfAClipThatMayComeInPiecesIsExactInTime) {
  const ConvolutionCase padded{{64, 4, 14, 14}, 64};
  REQUIRE_VECTORS(problem(padded));
  EXPECT_THAT(chosen(problem(padded)), ::testing::HasSubstr("winograd"));
  for (const bool begin : {false, true}) {
    ConvolutionCase advancing = padded;
    (begin ? advancing.pad_begin : advancing.pad_end)[0] = 0;
    EXPECT_THAT(chosen(problem(advancing)), ::testing::HasSubstr("x1:"));
  }
}

TEST(Winograd, IsOfferedForDenseConvolutionsOnly) {
  const ConvolutionCase dense{{64, 4, 14, 14}, 64};
  REQUIRE_VECTORS(problem(dense));
  EXPECT_NE(kernels::winograd_convolution(problem(dense)), nullptr);
  ConvolutionCase few = dense;
  few.in.c = 3;
  EXPECT_EQ(kernels::winograd_convolution(problem(few)), nullptr);
  ConvolutionProblem strided = problem(dense);
  strided.operation.stride = {1, 2, 2};
  EXPECT_EQ(kernels::winograd_convolution(strided), nullptr);
  ConvolutionProblem grouped = problem(dense);
  grouped.operation.groups = 2;
  EXPECT_EQ(kernels::winograd_convolution(grouped), nullptr);
}

}  // namespace
}  // namespace actionflow::testing
