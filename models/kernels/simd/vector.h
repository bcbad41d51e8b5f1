// The inner loops of our own kernels, compiled once for each processor generation and picked at run time.
//
// Everything here works on contiguous floats of one thread; the kernels around it decide what a thread
// does. Sums are taken in an order that depends on the shape alone.
#pragma once

#include <cstdint>

#include "models/kernels/layout.h"

namespace actionflow::kernels {

// One row of outputs of a pooling window: `rows` point at the input rows (at w = 0) inside the window's
// extent in time and height.
struct PoolRow {
  const void* const* rows = nullptr;
  std::int64_t row_count = 0;
  std::int64_t in_width = 0, in_padded = 0;  // elements from one position to the next
  std::int64_t out_width = 0, out_padded = 0;
  std::int64_t channels = 0;  // of which this many are pooled, the rest of the output becomes zero
  int kernel = 1, stride = 1, pad = 0;
  std::int64_t full_count = 0;  // divide by this where padding counts, else 0: by what is inside
  void* out = nullptr;
  ElementType in_type = ElementType::f32, out_type = ElementType::f32;  // integers: both, of one scale
};

// out[r][0, panels·16) = bias + Σ_k in[r][k]·weights[panel][k][0, 16), in the order of k; with `add` also
// what out holds.
struct DenseBlock {
  const float* in = nullptr;
  std::int64_t in_stride = 0;
  std::int64_t rows = 0;
  const float* weights = nullptr;  // panels of K×16
  std::int64_t depth = 0;          // K
  std::int64_t panels = 0;
  const float* bias = nullptr;  // may be null
  float* out = nullptr;
  std::int64_t out_stride = 0;
  bool add = false;
};

// Rows of scores become weights 2^(score − peak), `peak` the greatest of the row so far: what was summed
// under a lesser one before (`sum`, and `totals`, rows of floats) is scaled down. Beyond `columns` weights
// are zero.
struct ScoreRows {
  float* scores = nullptr;
  std::int64_t rows = 0, columns = 0, stride = 0;  // stride: of scores, a multiple of 16
  float* peak = nullptr;                           // one a row; −1e30 at first
  float* sum = nullptr;                            // of the weights, one a row
  float* totals = nullptr;
  std::int64_t totals_stride = 0;  // a multiple of 16
};

// y = gamma·(x − mean)/√(variance + epsilon) + beta over each of `groups` parts of n channels of a row.
struct LayerNormRows {
  const void* in = nullptr;
  void* out = nullptr;
  bool bf16 = false;  // in and out, else f32
  std::int64_t rows = 0, in_stride = 0, out_stride = 0;
  std::int64_t groups = 1, n = 0;
  const float *gamma = nullptr, *beta = nullptr;  // n each
  float epsilon = 0;
  float *mean = nullptr, *inverse = nullptr;  // rows × groups of 1/√(variance + epsilon), or null
};

// One row of outputs of a depthwise convolution; rows and their weights (width taps × padded each) as
// many as lie inside the input. `pad` may be negative: what is read begins inside.
struct DepthwiseRow {
  const void* const* rows = nullptr;
  const float* const* weights = nullptr;
  std::int64_t row_count = 0;
  std::int64_t in_width = 0, out_width = 0, padded = 0;
  std::int64_t out_step = 0;  // elements from one output to the next; 0: padded
  int kernel = 1, stride = 1, dilation = 1, pad = 0;
  const float* bias = nullptr;  // may be null
  bool relu = false;
  void* out = nullptr;
  bool bf16_in = false, bf16_out = false;  // else f32
};

struct VectorKernels {
  const char* name;  // generic, avx2, avx512

  void (*to_f32)(const std::uint16_t* bf16, float* out, std::int64_t n);
  void (*to_bf16)(const float* in, std::uint16_t* bf16, std::int64_t n);  // to the nearest, ties to even
  // Integers times `scale`; floats times `scale` as integers, to the nearest, ties to even, cut off at their
  // limits.
  void (*from_u8)(const std::uint8_t* in, float scale, float* out, std::int64_t n);
  void (*from_s8)(const std::int8_t* in, float scale, float* out, std::int64_t n);
  void (*to_u8)(const float* in, float scale, std::uint8_t* out, std::int64_t n);
  void (*to_s8)(const float* in, float scale, std::int8_t* out, std::int64_t n);
  void (*activate)(Activation activation, const float* in, float* out, std::int64_t n);
  // For each of `rows` rows of n: x·scale + shift, elementwise along the row.
  void (*scale_shift)(const float* in, const float* scale, const float* shift, float* out, std::int64_t rows,
                      std::int64_t n);
  void (*prelu)(const float* in, const float* alpha, float* out, std::int64_t rows, std::int64_t n);
  // out = scale·(a op b); an operand whose step is 0 is one value for all.
  void (*binary)(Elementwise::Kind kind, float scale, const float* a, int a_step, const float* b, int b_step,
                 float* out, std::int64_t n);
  void (*softmax)(const float* in, float* out, std::int64_t n);
  void (*weigh_scores)(const ScoreRows& rows);
  void (*layer_norm)(const LayerNormRows& rows);
  // Column by column over rows that lie `stride` apart, then times `scale`.
  void (*sum_rows)(const float* in, std::int64_t rows, std::int64_t stride, float scale, float* out,
                   std::int64_t n);
  void (*max_rows)(const float* in, std::int64_t rows, std::int64_t stride, float* out, std::int64_t n);
  void (*max_pool)(const PoolRow& row);
  void (*average_pool)(const PoolRow& row);
  void (*dense)(const DenseBlock& block);
  void (*depthwise)(const DepthwiseRow& row);
  // LSTM: gates i, f, c̃, o of `stride` floats each, already activated: c = f·c + i·c̃.
  void (*lstm_state)(const float* gates, std::int64_t stride, float* state, std::int64_t n);
  // GRU: h = z·h + (1 − z)·candidate.
  void (*gru_state)(const float* z, const float* candidate, float* state, std::int64_t n);
};

// The best that this processor runs.
const VectorKernels& vector_kernels();

// One for each generation; null where the build left it out.
const VectorKernels* generic_vector_kernels();
const VectorKernels* avx2_vector_kernels();
const VectorKernels* avx512_vector_kernels();

}  // namespace actionflow::kernels
