// The inner loops of training on maps: batch norm, pooling, maxima, softmax and PReLU. Beside those of
// models/kernels/simd/vector.h, under its rules: one thread's contiguous memory, compiled once for each
// processor generation and picked at run time, sums in an order that depends on the shape alone.
//
// `bf16` says what values and gradients are, else f32 (`bf16_in` and `bf16_out` where the operation's input
// and output may differ; an f32 input has an f32 output); coefficients and sums are f32. A row is one
// position's channels, `n` with padding; rows follow each other.
#pragma once

#include <cstdint>

#include "models/kernels/simd/vector.h"

namespace actionflow::training {

// Batch norm: y = (x − mean)·scale + shift, then max(0, y) with relu. One coefficient a channel.
struct NormRows {
  const void* in = nullptr;
  std::int64_t rows = 0, n = 0;
  bool bf16 = false, relu = false;
  const float *mean = nullptr, *scale = nullptr, *shift = nullptr;
};

// dx = a·g + b + c·(x − mean), with g the gradient of y, zero where ReLU was.
struct NormSlope {
  const float *a = nullptr, *b = nullptr, *c = nullptr;
};

// One row of outputs of a max pool that remembers which tap of the window won: rows[r] holds the taps from
// first_taps[r] on. The first of equals wins; NaN wins over all. Taps are one byte, or two where wide.
struct MaxPoolRow {
  kernels::PoolRow pool;  // channels = padded of both sides
  const std::int64_t* first_taps = nullptr;
  void* taps = nullptr;
  bool wide = false;
};

// One row of a pool's input gradients: what the windows that hold it give back.
struct PoolGradientRow {
  // Output rows whose windows hold this input row: their positions at ow = 0, the window's tap there at
  // kw = 0, and how many of the window's rows lie inside the input.
  const std::int64_t *rows = nullptr, *first_taps = nullptr, *inside = nullptr;
  std::int64_t row_count = 0;
  std::int64_t in_width = 0, out_width = 0, n = 0;
  int kernel = 1, stride = 1, pad = 0;
  std::int64_t full_count = 0;             // average: divide by this where padding counts, else 0
  const void* gradient = nullptr;          // of the outputs, position 0
  const void* taps = nullptr;              // max: position 0
  void* out = nullptr;                     // the input gradient's row
  bool bf16_in = false, bf16_out = false;  // of the operation
  bool wide = false;
};

// Column by column over rows `stride` apart: the first greatest value and its row.
struct GreatestRows {
  const void* in = nullptr;
  std::int64_t rows = 0, stride = 0, n = 0;
  void* out = nullptr;
  std::int32_t* index = nullptr;
  bool bf16_in = false, bf16_out = false;
};

// out[r] = index == r ? gradient : 0, where the gradient is the output's.
struct GreatestGradientRows {
  const void* gradient = nullptr;
  const std::int32_t* index = nullptr;
  std::int64_t rows = 0, stride = 0, n = 0;
  void* out = nullptr;
  bool bf16_in = false, bf16_out = false;
};

struct MapVectors {
  const char* name;  // generic, avx2, avx512

  // Σx and Σ(x − mean of these rows)² by column; for a few hundred rows, in f32. Reads in, rows, n, bf16.
  void (*norm_sums)(const NormRows& rows, float* sum, float* squares);
  void (*norm)(const NormRows& rows, void* out);
  // Σg and Σg·(x − mean) by column.
  void (*norm_gradient_sums)(const NormRows& rows, const void* gradient, float* sum, float* products);
  // `out` may be `gradient`.
  void (*norm_gradient)(const NormRows& rows, const NormSlope& slope, const void* gradient, void* out);

  void (*max_pool)(const MaxPoolRow& row);
  void (*max_pool_gradient)(const PoolGradientRow& row);
  void (*average_pool_gradient)(const PoolGradientRow& row);

  void (*first_greatest)(const GreatestRows& rows);
  void (*to_greatest)(const GreatestGradientRows& rows);

  // out = x > before and x ≥ after ? gradient : 0; `before` and `after` may be null.
  void (*winner_gradient)(const float* x, const float* before, const float* after, const float* gradient,
                          float* out, std::int64_t n);
  // out = value·(gradient − Σ value·gradient)
  void (*softmax_gradient)(const float* value, const float* gradient, float* out, std::int64_t n);
  // out = x > 0 ? g : alpha·g by row; adds to alpha_sums Σ(x > 0 ? 0 : x·g) by column.
  void (*prelu_gradient)(const float* x, const float* gradient, const float* alpha, float* out,
                         float* alpha_sums, std::int64_t rows, std::int64_t n);
  // out = kept ? in·scale : 0
  void (*keep)(const std::uint8_t* kept, const float* in, float scale, float* out, std::int64_t n);
};

// The best that this processor runs.
const MapVectors& map_vectors();

// One for each generation.
const MapVectors* generic_map_vectors();
const MapVectors* avx2_map_vectors();
const MapVectors* avx512_map_vectors();

}  // namespace actionflow::training
