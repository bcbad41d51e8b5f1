// The inner loop of kernel gradients for convolutions of a few input channels, such as a network's first.
//
// With channels last and unpadded, the taps along the width and their channels lie side by side: `run`
// floats. One call works on one row of outputs in 16 channels.
#pragma once

#include <cstdint>

namespace actionflow::training {

inline constexpr int kLongestRun = 28;

// sums[row·run + i][0, 16) += Σ over positions of rows[row][position·step + i]·gradient[position][0, 16).
struct NarrowProduct {
  const float* const* rows = nullptr;
  int row_count = 0;
  int run = 0;
  std::int64_t step = 0;
  const float* gradient = nullptr;
  std::int64_t gradient_stride = 0;
  std::int64_t positions = 0;
  float* sums = nullptr;
  std::int64_t sums_stride = 0;
};

// 16 channels of one row of outputs: the gradient as f32, zero where `mask` (the output, null for none) is
// not above zero, and its sums added to `sums`. Strides and positions as above; gradient and mask are bf16 or
// f32.
struct NarrowGradient {
  const void* gradient = nullptr;
  const void* mask = nullptr;
  bool bf16 = false;
  std::int64_t stride = 0, positions = 0;
  float* out = nullptr;
  float* sums = nullptr;
};
void avx512_narrow_gradient(const NarrowGradient& gradient);

// Needs AVX-512 and run ≤ kLongestRun.
void avx512_narrow_product(const NarrowProduct& product);

}  // namespace actionflow::training
