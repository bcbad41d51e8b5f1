// The rows of a value's memory as positions in batch, time, height and width, and elements between values of
// other types.
#pragma once

#include <cstdint>
#include <cstring>

#include "models/kernels/layout.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {

struct Position {
  std::int64_t n = 0, t = 0, h = 0, w = 0;
};

// Not channels.
inline std::int64_t& along(Position& p, ValueAxis axis) {
  return axis == ValueAxis::t ? p.t : axis == ValueAxis::h ? p.h : p.w;
}

inline Position position_of(const Extents& e, std::int64_t row) {
  return {row / e.positions(), row / (e.w * e.h) % e.t, row / e.w % e.h, row % e.w};
}

// Extents of 1 are repeated.
inline std::int64_t row_of(const Extents& e, const Position& p) {
  return ((p.n * e.t + (e.t == 1 ? 0 : p.t)) * e.h + (e.h == 1 ? 0 : p.h)) * e.w + (e.w == 1 ? 0 : p.w);
}

// body(position of `whole`) for those of the same clip that read `own` of `part`, in order.
template <class F>
void each_reader(const Extents& part, const Extents& whole, const Position& own, F body) {
  const auto begin = [](std::int64_t at, std::int64_t extent) { return extent == 1 ? 0 : at; };
  const auto end = [](std::int64_t at, std::int64_t extent, std::int64_t all) {
    return extent == 1 ? all : at + 1;
  };
  for (std::int64_t t = begin(own.t, part.t); t < end(own.t, part.t, whole.t); ++t)
    for (std::int64_t h = begin(own.h, part.h); h < end(own.h, part.h, whole.h); ++h)
      for (std::int64_t w = begin(own.w, part.w); w < end(own.w, part.w, whole.w); ++w)
        body(Position{own.n, t, h, w});
}

// An element of a value.
struct ConstElement {
  ElementType type;
  const void* memory;
  std::int64_t at;
};
struct Element {
  ElementType type;
  void* memory;
  std::int64_t at;
};

inline void copy_elements(const ConstElement& from, const Element& to, std::int64_t count) {
  const auto* source =
      static_cast<const std::byte*>(from.memory) + static_cast<std::size_t>(from.at) * bytes_of(from.type);
  auto* target = static_cast<std::byte*>(to.memory) + static_cast<std::size_t>(to.at) * bytes_of(to.type);
  if (from.type == to.type)
    std::memcpy(target, source, static_cast<std::size_t>(count) * bytes_of(to.type));
  else if (from.type == ElementType::bf16)
    vector_kernels().to_f32(reinterpret_cast<const std::uint16_t*>(source), reinterpret_cast<float*>(target),
                            count);
  else
    vector_kernels().to_bf16(reinterpret_cast<const float*>(source), reinterpret_cast<std::uint16_t*>(target),
                             count);
}

inline void clear_elements(const Element& from, std::int64_t count) {
  std::memset(static_cast<std::byte*>(from.memory) + static_cast<std::size_t>(from.at) * bytes_of(from.type),
              0, static_cast<std::size_t>(count) * bytes_of(from.type));
}

}  // namespace actionflow::kernels
