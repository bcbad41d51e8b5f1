// Depthwise convolutions, alone and joined with the product before them, against the plain loops of
// tests/models/reference.h.
#include "models/kernels/depthwise/depthwise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "tests/models/kernels/convolution_case.h"
#include "tests/models/reference.h"
#include "tests/models/tensors.h"

namespace actionflow::testing {
namespace {

using kernels::ConvolutionProblem;
using kernels::ExpandedDepthwise;

constexpr double kLargestError = 3e-6;

ConvolutionCase depthwise(const Extents& in, Axes kernel = {3, 3, 3}, Axes pad = {1, 1, 1},
                          Axes stride = {1, 1, 1}, Axes dilation = {1, 1, 1}, std::int64_t batch = 1) {
  return {in, in.c, kernel, pad, pad, batch, stride, dilation, static_cast<int>(in.c)};
}

Tensor activated(Tensor values, ActivationKind kind) {
  for (float& value : values.values())
    value = kind == ActivationKind::relu ? std::max(value, 0.0F) : value / (1 + std::exp(-value));
  return values;
}

void expect_as_reference(const ConvolutionCase& c) {
  const ConvolutionProblem p = problem(c);
  const auto kernel = kernels::depthwise_convolution(p);
  ASSERT_NE(kernel, nullptr);
  EXPECT_LT(deviation(run(*kernel, p), expected(p)).largest, kLargestError);
}

// The product widens `inputs` channels to those of `c`.
ExpandedDepthwise expanded(std::int64_t inputs, const ConvolutionCase& c) {
  ConvolutionCase product{c.in, c.in.c, {1, 1, 1}, {0, 0, 0}, {0, 0, 0}, c.batch};
  product.in.c = inputs;
  ExpandedDepthwise p{problem(product), problem(c)};
  p.product.post_operations = {Activation{}};
  return p;
}

// As one problem, from what is read to what is written.
ConvolutionProblem ends(const ExpandedDepthwise& p) {
  ConvolutionProblem both = p.product;
  both.out = p.depthwise.out;
  return both;
}

void expect_as_reference(std::int64_t inputs, const ConvolutionCase& c) {
  const ExpandedDepthwise p = expanded(inputs, c);
  ASSERT_TRUE(kernels::joins_depthwise(p));
  const Tensor between = activated(expected(p.product), ActivationKind::relu);
  EXPECT_LT(deviation(run(*kernels::expanded_depthwise(p), ends(p)), expected(p.depthwise, between)).largest,
            kLargestError);
}

TEST(Depthwise, EqualsTheReferenceOverKernelsAndStrides) {
  expect_as_reference(depthwise({32, 5, 9, 11}));
  expect_as_reference(depthwise({32, 5, 9, 11}, {3, 3, 3}, {1, 1, 1}, {1, 2, 2}));
  expect_as_reference(depthwise({32, 6, 9, 11}, {3, 3, 3}, {1, 1, 1}, {2, 1, 2}));
  expect_as_reference(depthwise({32, 9, 4, 5}, {5, 1, 1}, {2, 0, 0}));
  expect_as_reference(depthwise({32, 9, 4, 5}, {1, 1, 1}, {0, 0, 0}, {3, 2, 2}));
  expect_as_reference(depthwise({16, 3, 12, 13}, {1, 5, 4}, {0, 3, 2}, {1, 2, 3}));
  expect_as_reference(depthwise({16, 7, 12, 13}, {3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {2, 2, 2}));
}

TEST(Depthwise, EqualsTheReferenceOverOddChannelsAndClips) {
  expect_as_reference(depthwise({5, 3, 5, 6}));
  expect_as_reference(depthwise({54, 3, 7, 7}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, 3));
  expect_as_reference(depthwise({108, 2, 1, 1}, {3, 1, 1}, {1, 0, 0}, {1, 1, 1}, {1, 1, 1}, 2));
}

// Taps that meet padding alone, and rows of every number of outputs that are summed together.
TEST(Depthwise, EqualsTheReferenceOverSizes) {
  expect_as_reference(depthwise({16, 1, 1, 1}));
  expect_as_reference(depthwise({16, 2, 3, 3}, {3, 9, 9}, {1, 4, 4}));
  for (std::int64_t width = 2; width <= 23; ++width) expect_as_reference(depthwise({32, 2, 3, width}));
}

// The rows of a frame do not fit in a ring together.
TEST(Depthwise, EqualsTheReferenceOverBandsOfRows) {
  expect_as_reference(depthwise({32, 3, 90, 80}));
  expect_as_reference(24, depthwise({32, 3, 90, 80}, {3, 3, 3}, {1, 1, 1}, {1, 2, 2}));
}

TEST(Depthwise, AppliesPostOperationsInTheirOrder) {
  ConvolutionProblem p = problem(depthwise({40, 4, 6, 7}));
  Tensor right = expected(p);
  const Tensor other(right.shape(), random_values(right.size(), 7));
  const std::vector<float> scale = random_values(40, 8), shift = random_values(40, 9);
  p.post_operations = {kernels::ScaleShift{scale, shift}, kernels::AddInput{1, false}, Activation{}};
  const std::int64_t positions = p.out.extents.positions();
  for (std::int64_t i = 0; i < right.size(); ++i) {
    const auto c = static_cast<std::size_t>(i / positions);
    right[i] = std::max(right[i] * scale[c] + shift[c] + other[i], 0.0F);
  }
  EXPECT_LT(deviation(run(*kernels::depthwise_convolution(p), p, {&other}), right).largest, kLargestError);
}

TEST(Depthwise, AppliesAnActivation) {
  for (const ActivationKind kind : {ActivationKind::relu, ActivationKind::silu}) {
    ConvolutionProblem p = problem(depthwise({40, 4, 6, 7}));
    const Tensor right = activated(expected(p), kind);
    p.post_operations = {Activation{kind}};
    EXPECT_LT(deviation(run(*kernels::depthwise_convolution(p), p), right).largest, kLargestError);
  }
}

TEST(Depthwise, IsExactInTime) { EXPECT_TRUE(exact_in_time(kernels::depthwise_convolution, 32)); }

TEST(ExpandedDepthwise, EqualsTheReference) {
  expect_as_reference(24, depthwise({54, 4, 9, 11}));
  expect_as_reference(17, depthwise({112, 4, 10, 10}, {3, 3, 3}, {1, 1, 1}, {1, 2, 2}));
  expect_as_reference(96, depthwise({216, 3, 5, 5}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, 2));
  expect_as_reference(16, depthwise({64, 5, 8, 7}, {1, 5, 5}, {0, 2, 2}, {2, 1, 1}));
}

TEST(ExpandedDepthwise, EqualsItsTwoKernels) {
  ExpandedDepthwise p = expanded(24, depthwise({54, 4, 9, 11}));
  p.product.post_operations = {Activation{ActivationKind::silu}};
  p.depthwise.post_operations = {Activation{ActivationKind::silu}};
  const auto product = kernels::make_convolution(p.product);
  const auto second = kernels::make_convolution(p.depthwise);
  const Tensor apart = run_on(run(*product, p.product), *second, p.depthwise);
  EXPECT_LT(deviation(run(*kernels::expanded_depthwise(p), ends(p)), apart).largest, kLargestError);
}

TEST(ExpandedDepthwise, GivesTheSameBitsOnAnyNumberOfThreads) {
  const ExpandedDepthwise p = expanded(24, depthwise({54, 4, 19, 23}, {3, 3, 3}, {1, 1, 1}, {1, 2, 2}));
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const Tensor first = run(*kernels::expanded_depthwise(p), ends(p));
  for (const int count : {2, 3, 16}) {
    omp_set_num_threads(count);
    EXPECT_TRUE(same_bits(run(*kernels::expanded_depthwise(p), ends(p)), first)) << count;
  }
  omp_set_num_threads(threads);
}

TEST(ExpandedDepthwise, LeavesOthersApart) {
  const ConvolutionCase c = depthwise({54, 4, 9, 11});
  ExpandedDepthwise added = expanded(24, c);
  added.product.post_operations.emplace_back(kernels::AddInput{});
  EXPECT_FALSE(kernels::joins_depthwise(added));
  // Clips may come in pieces, and what the taps reach back to is then kept between the two.
  EXPECT_FALSE(kernels::joins_depthwise(expanded(24, depthwise({54, 4, 9, 11}, {3, 3, 3}, {0, 1, 1}))));
  // Narrowing: what is read would be read again for each block of few channels.
  EXPECT_FALSE(kernels::joins_depthwise(expanded(512, depthwise({128, 4, 28, 28}))));
}

}  // namespace
}  // namespace actionflow::testing
