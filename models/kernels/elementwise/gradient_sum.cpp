#include "models/kernels/elementwise/gradient_sum.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;

constexpr std::int64_t kPiece = 4096;

// body(first, count) for all elements, in pieces that stay in the first cache.
template <class F>
void in_pieces(std::int64_t elements, F body) {
  const std::int64_t pieces = (elements + kPiece - 1) / kPiece;
  kernels::parallel_for(pieces, elements, [&](std::int64_t piece) {
    body(piece * kPiece, std::min(kPiece, elements - piece * kPiece));
  });
}

using Piece = std::array<float, kPiece>;

void add_piece(const float* from, float* to, std::int64_t count) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
}

// A bf16 above zero is, as bits, a signed integer above zero. `out` may be `gradient`: each element is its
// own.
template <class T>
void mask_piece(const T* value, const T* gradient, T* out, std::int64_t count) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) out[i] = value[i] > 0 ? gradient[i] : T{0};
}

template <class T>
void mask_all(std::int64_t elements, const void* value, const void* gradient, void* out) {
  in_pieces(elements, [&](std::int64_t first, std::int64_t count) {
    mask_piece(static_cast<const T*>(value) + first, static_cast<const T*>(gradient) + first,
               static_cast<T*>(out) + first, count);
  });
}

}  // namespace

void add_gradient(const kernels::Layout& layout, const void* from, void* to) {
  in_pieces(layout.elements(), [&](std::int64_t first, std::int64_t count) {
    if (layout.type == ElementType::f32)
      return add_piece(static_cast<const float*>(from) + first, static_cast<float*>(to) + first, count);
    const auto& vectors = kernels::vector_kernels();
    Piece a, b;
    vectors.to_f32(static_cast<const std::uint16_t*>(from) + first, a.data(), count);
    vectors.to_f32(static_cast<const std::uint16_t*>(to) + first, b.data(), count);
    add_piece(a.data(), b.data(), count);
    vectors.to_bf16(b.data(), static_cast<std::uint16_t*>(to) + first, count);
  });
}

void convert(const kernels::Layout& layout, const void* from, ElementType to_type, void* to) {
  in_pieces(layout.elements(), [&](std::int64_t first, std::int64_t count) {
    const auto& vectors = kernels::vector_kernels();
    if (layout.type == to_type) {
      const std::size_t size = kernels::bytes_of(to_type), begin = static_cast<std::size_t>(first) * size;
      std::memcpy(static_cast<std::byte*>(to) + begin, static_cast<const std::byte*>(from) + begin,
                  static_cast<std::size_t>(count) * size);
    } else if (to_type == ElementType::bf16) {
      vectors.to_bf16(static_cast<const float*>(from) + first, static_cast<std::uint16_t*>(to) + first,
                      count);
    } else {
      vectors.to_f32(static_cast<const std::uint16_t*>(from) + first, static_cast<float*>(to) + first, count);
    }
  });
}

void mask_gradient(const kernels::Layout& layout, const void* value, const void* gradient,
                   ElementType out_type, void* out) {
  if (layout.type == out_type)
    return layout.type == ElementType::f32 ? mask_all<float>(layout.elements(), value, gradient, out)
                                           : mask_all<std::int16_t>(layout.elements(), value, gradient, out);
  in_pieces(layout.elements(), [&](std::int64_t first, std::int64_t count) {
    const auto& vectors = kernels::vector_kernels();
    if (layout.type == ElementType::f32) {
      Piece masked;
      mask_piece(static_cast<const float*>(value) + first, static_cast<const float*>(gradient) + first,
                 masked.data(), count);
      vectors.to_bf16(masked.data(), static_cast<std::uint16_t*>(out) + first, count);
    } else {
      Piece wide;
      vectors.to_f32(static_cast<const std::uint16_t*>(gradient) + first, wide.data(), count);
      const auto* kept = static_cast<const std::int16_t*>(value) + first;
#pragma omp simd
      for (std::int64_t i = 0; i < count; ++i)
        static_cast<float*>(out)[first + i] = kept[i] > 0 ? wide[static_cast<std::size_t>(i)] : 0.0F;
    }
  });
}

}  // namespace actionflow::training
