// The inner loops of training's own kernels, beside those of models/kernels/simd/vector.h: contiguous floats
// of one thread, compiled once for each processor generation and picked at run time.
#pragma once

#include <cstdint>

#include "models/graph/graph.h"

namespace actionflow::training {

// Whether an activation's slope is known from its result alone.
bool slope_from_result(ActivationKind kind);

// What one row of gradients of a depthwise convolution's outputs adds to its kernel's gradient: rows of the
// input that it read, and of each the sums (width taps × padded) that grow.
struct DepthwiseGradientRow {
  const void* const* rows = nullptr;
  float* const* sums = nullptr;
  std::int64_t row_count = 0;
  const void* gradient = nullptr;
  std::int64_t in_width = 0, out_width = 0, padded = 0;  // padded: a multiple of 16
  int kernel = 1, stride = 1, dilation = 1, pad = 0;
  bool bf16 = false;  // rows and gradient, else f32
};

// Of layer norm (kernels::LayerNormRows, whose mean and inverse these are): the input's gradient, where it is
// wanted, which may stand in the gradient's place; the parameters' are added to sums of n floats.
struct LayerNormGradientRows {
  const void *in = nullptr, *gradient = nullptr;
  void* out = nullptr;  // or null
  bool bf16 = false;
  std::int64_t rows = 0, in_stride = 0, gradient_stride = 0;  // out lies as in
  std::int64_t groups = 1, n = 0;
  const float *gamma = nullptr, *mean = nullptr, *inverse = nullptr;
  float *gamma_sums = nullptr, *beta_sums = nullptr;
};

struct GradientVectors {
  const char* name;  // generic, avx2, avx512

  // out = gradient·f'. `in` is read only where slope_from_result() says no, `result` where it says yes.
  // Not softmax. `out` may be `gradient`.
  void (*activation)(Activation activation, const float* in, const float* result, const float* gradient,
                     float* out, std::int64_t n);
  void (*add_product)(const float* a, const float* b, float* to, std::int64_t n);  // to += a·b
  // c = f·previous + i·c̃, gates i, f, c̃ of n floats each: their gradients from c's, which becomes previous'.
  void (*lstm_state)(const float* gates, const float* previous, float* state_gradient, float* gate_gradients,
                     std::int64_t n);
  // h = z·previous + (1 − z)·candidate: gradients of z and of the candidate; h's becomes previous'.
  void (*gru_state)(const float* z, const float* candidate, const float* previous, float* state_gradient,
                    float* z_gradient, float* candidate_gradient, std::int64_t n);
  void (*depthwise_kernel)(const DepthwiseGradientRow& row);
  void (*layer_norm)(const LayerNormGradientRows& rows);
};

// The best that this processor runs.
const GradientVectors& gradient_vectors();

// One for each generation.
const GradientVectors* generic_gradient_vectors();
const GradientVectors* avx2_gradient_vectors();
const GradientVectors* avx512_gradient_vectors();

}  // namespace actionflow::training
