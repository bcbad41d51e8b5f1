// Kernels that a ReLU was drawn into, beside the same kernels without it.
#pragma once

#include <gtest/gtest.h>

#include "tests/models/kernels/train_kernel_bench.h"

namespace actionflow::testing {

// A difference that passes a kink goes unnoticed by the bench up to half of this.
inline constexpr double kNearKinks = 0.02;

// The gradients of the kernel with ReLU are, to the bit, those of the kernel without it for the gradient that
// the ReLU lets through.
inline void expect_relu_masks(const GraphMaker& maker) {
  BenchOptions options;
  TrainKernelBench plain(maker, options);
  options.relu = true;
  TrainKernelBench masked(maker, options);
  const Tensor value = plain.forward(), rectified = masked.forward();
  Tensor gradient = plain.output_gradient();
  const Gradients found = masked.backward(gradient);
  for (std::int64_t i = 0; i < value.size(); ++i) {
    ASSERT_EQ(rectified[i], std::max(value[i], 0.0F));
    if (value[i] <= 0) gradient[i] = 0;
  }
  EXPECT_TRUE(plain.backward(gradient) == found);
}

}  // namespace actionflow::testing
