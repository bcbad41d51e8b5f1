// Products of bf16 values, summed in f32 two at a time, as AVX512-BF16 has them.
#pragma once

#include <cstdint>

namespace actionflow::kernels {

// out[r][0, panels·16) = Σ_k in[r][k]·weights[panel][k/2][0, 16)[k%2] for an even depth; with `add` added to
// it.
struct PairBlock {
  const std::uint16_t* in = nullptr;
  std::int64_t in_stride = 0;
  std::int64_t rows = 0;
  const std::uint16_t* weights = nullptr;  // panels of depth/2 × 16 × 2
  std::int64_t depth = 0;
  std::int64_t panels = 0;
  float* out = nullptr;
  std::int64_t out_stride = 0;
  bool add = false;
};

// Needs AVX512-BF16. Each output is summed in one order, whatever the number of rows.
void avx512_pair_product(const PairBlock& block);

}  // namespace actionflow::kernels
