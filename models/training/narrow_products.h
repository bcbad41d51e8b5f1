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

// Needs AVX-512 and run ≤ kLongestRun.
void avx512_narrow_product(const NarrowProduct& product);

}  // namespace actionflow::training
