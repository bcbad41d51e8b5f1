// What attention's blocks are read and multiplied by: floats, or bf16 two at a time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/kernels/attention/pair_product.h"
#include "models/kernels/layout.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {

// Where a head's channels of a value's rows lie.
struct HeadRows {
  ElementType type;
  const void* memory;
  std::int64_t first = 0, stride = 0;

  void load(std::int64_t row, std::int64_t count, float* to) const {
    const std::int64_t at = first + row * stride;
    if (type == ElementType::f32)
      std::copy_n(static_cast<const float*>(memory) + at, count, to);
    else
      vector_kernels().to_f32(static_cast<const std::uint16_t*>(memory) + at, to, count);
  }
};

// How a block's elements are multiplied. `taken`: floats as such elements, in `to` where they are not floats.
template <class Element>
struct ProductForm;

struct BlockProduct {
  std::int64_t rows, depth, panels, in_stride, out_stride;
};

template <>
struct ProductForm<float> {
  static constexpr std::int64_t kTogether = 1;
  static const char* name() { return vector_kernels().name; }
  static void multiply(const BlockProduct& m, const float* in, const float* weights, float* out, bool add) {
    vector_kernels().dense({.in = in,
                            .in_stride = m.in_stride,
                            .rows = m.rows,
                            .weights = weights,
                            .depth = m.depth,
                            .panels = m.panels,
                            .out = out,
                            .out_stride = m.out_stride,
                            .add = add});
  }
  static const float* taken(const float* from, std::int64_t, float*) { return from; }
};

template <>
struct ProductForm<std::uint16_t> {
  static constexpr std::int64_t kTogether = 2;
  static const char* name() { return "avx512_bf16"; }
  static void multiply(const BlockProduct& m, const std::uint16_t* in, const std::uint16_t* weights,
                       float* out, bool add) {
    avx512_pair_product({.in = in,
                         .in_stride = m.in_stride,
                         .rows = m.rows,
                         .weights = weights,
                         .depth = m.depth,
                         .panels = m.panels,
                         .out = out,
                         .out_stride = m.out_stride,
                         .add = add});
  }
  static const std::uint16_t* taken(const float* from, std::int64_t count, std::uint16_t* to) {
    vector_kernels().to_bf16(from, to, count);
    return to;
  }
};

}  // namespace actionflow::kernels
