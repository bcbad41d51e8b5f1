// Depthwise convolutions in training: forward beside plain loops (tests/models/reference.h), gradients beside
// differences of the forward pass, all three generations of the inner loops beside one another.
#include <gtest/gtest.h>

#include "base/machine/processor.h"
#include "models/kernels/simd/gradient_vectors.h"
#include "tests/models/kernels/relu_inside.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

Convolution depthwise(std::int64_t channels, Axes kernel, Axes stride = {1, 1, 1}, Axes dilation = {1, 1, 1},
                      Axes begin = {0, 0, 0}, Axes end = {0, 0, 0}) {
  return {.filters = channels,
          .kernel = kernel,
          .stride = stride,
          .dilation = dilation,
          .pad_begin = begin,
          .pad_end = end,
          .groups = static_cast<int>(channels),
          .bias = true};
}

void expect_depthwise_trains(const Extents& in, const Convolution& c, bool relu = false) {
  GraphMaker maker(in);
  maker.convolution(-1, c);
  StandardChecks checks;
  checks.thread_bits = false;  // each thread sums a stretch of rows
  checks.options.relu = relu;
  if (relu) checks.gradients = kNearKinks;
  expect_trains(maker, checks);
  if (relu) expect_relu_masks(maker);
}

TEST(TrainDepthwise, ThreeAxesWithSamePadding) {
  expect_depthwise_trains({20, 3, 5, 6},
                          depthwise(20, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}));
}

TEST(TrainDepthwise, FramesAlone) {
  expect_depthwise_trains({16, 2, 7, 8},
                          depthwise(16, {1, 3, 3}, {1, 1, 1}, {1, 1, 1}, {0, 1, 1}, {0, 1, 1}));
}

TEST(TrainDepthwise, TimeAlone) {
  expect_depthwise_trains({24, 6, 2, 3},
                          depthwise(24, {5, 1, 1}, {1, 1, 1}, {1, 1, 1}, {2, 0, 0}, {2, 0, 0}));
}

TEST(TrainDepthwise, StridesSkipInputsAndPhasesMeetTheirOwnTaps) {
  expect_depthwise_trains({16, 4, 7, 9},
                          depthwise(16, {3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}));
  expect_depthwise_trains({16, 2, 8, 11},
                          depthwise(16, {1, 5, 5}, {1, 3, 3}, {1, 1, 1}, {0, 2, 2}, {0, 1, 1}));
}

TEST(TrainDepthwise, AStrideWiderThanTheKernelLeavesInputsWithoutGradient) {
  expect_depthwise_trains({16, 1, 7, 10}, depthwise(16, {1, 2, 2}, {1, 3, 4}));
}

TEST(TrainDepthwise, DilationsWithAndWithoutStrides) {
  expect_depthwise_trains({16, 5, 7, 9},
                          depthwise(16, {3, 3, 3}, {1, 1, 1}, {2, 1, 3}, {2, 1, 3}, {2, 1, 3}));
  expect_depthwise_trains({16, 1, 9, 13},
                          depthwise(16, {1, 3, 3}, {1, 2, 2}, {1, 2, 2}, {0, 2, 2}, {0, 1, 2}));
  expect_depthwise_trains({16, 1, 9, 13},
                          depthwise(16, {1, 3, 3}, {1, 2, 2}, {1, 3, 3}, {0, 3, 1}, {0, 3, 4}));
}

TEST(TrainDepthwise, AKernelLargerThanTheInput) {
  expect_depthwise_trains({16, 2, 3, 3},
                          depthwise(16, {3, 9, 9}, {1, 1, 1}, {1, 1, 1}, {1, 4, 4}, {1, 4, 4}));
}

TEST(TrainDepthwise, AReluInsideMasksItsGradient) {
  expect_depthwise_trains({20, 2, 5, 6}, depthwise(20, {3, 3, 3}, {1, 2, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}),
                          true);
}

TEST(TrainDepthwise, AClipOfThreeChannelsComesUnpadded) {
  expect_depthwise_trains({3, 2, 5, 6}, depthwise(3, {3, 3, 3}, {1, 2, 2}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}));
}

TEST(TrainDepthwise, WithoutBiasAndWithFrozenKernel) {
  GraphMaker maker({20, 1, 5, 6});
  Convolution c = depthwise(20, {1, 3, 3});
  c.bias = false;
  maker.convolution(-1, c);
  EXPECT_LT(TrainKernelBench(maker).check_gradients().worst, 2e-3);
  BenchOptions options;
  options.frozen = {"kernel"};
  TrainKernelBench frozen(maker, options);
  EXPECT_FALSE(frozen.kernel().backward_reads().inputs.at(0));
  EXPECT_LT(frozen.check_gradients().worst, 2e-3);
}

// A long row, so that whole strips, their rests and both edges are met.
TEST(TrainDepthwise, EveryGenerationSumsTheSameKernelGradient) {
  constexpr std::int64_t kPadded = 48, kIn = 81, kOut = 41;
  const Tensor in = random_tensor({3, kIn, kPadded}, 1), gradient = random_tensor({kOut, kPadded}, 2);
  const auto sums_by = [&](const training::GradientVectors& vectors) {
    Tensor sums({3, 5, kPadded});
    std::vector<const void*> rows;
    std::vector<float*> beside;
    for (std::int64_t r = 0; r < 3; ++r) {
      rows.push_back(in.data() + r * kIn * kPadded);
      beside.push_back(sums.data() + r * 5 * kPadded);
    }
    vectors.depthwise_kernel({.rows = rows.data(),
                              .sums = beside.data(),
                              .row_count = 3,
                              .gradient = gradient.data(),
                              .in_width = kIn,
                              .out_width = kOut,
                              .padded = kPadded,
                              .kernel = 5,
                              .stride = 2,
                              .pad = 2});
    return sums;
  };
  Tensor expected({3, 5, kPadded});
  for (std::int64_t r = 0; r < 3; ++r)
    for (std::int64_t k = 0; k < 5; ++k)
      for (std::int64_t c = 0; c < kPadded; ++c) {
        double sum = 0;
        for (std::int64_t ow = 0; ow < kOut; ++ow) {
          const std::int64_t iw = 2 * ow - 2 + k;
          if (iw < 0 || iw >= kIn) continue;
          sum += double{in[(r * kIn + iw) * kPadded + c]} * double{gradient[ow * kPadded + c]};
        }
        expected[(r * 5 + k) * kPadded + c] = static_cast<float>(sum);
      }
  std::vector<const training::GradientVectors*> generations{training::generic_gradient_vectors()};
  if (has_avx2()) generations.push_back(training::avx2_gradient_vectors());
  if (has_avx512()) generations.push_back(training::avx512_gradient_vectors());
  for (const auto* vectors : generations) {
    EXPECT_LT(deviation(sums_by(*vectors), expected).largest, 1e-6) << vectors->name;
  }
}

}  // namespace
}  // namespace actionflow::testing
