// Work on values of either element type in f32, a piece at a time: a piece of an f32 value is used where it
// lies, one of bf16 is widened into a stage on the stack and rounded back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "models/kernels/layout.h"
#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::training {

// Floats that a piece holds at most: all stages of an operation and what it reads fit in the nearest cache.
inline constexpr std::int64_t kStage = 512;
template <std::int64_t kFloats>
struct alignas(64) StageOf {
  float floats[kFloats];
};
using Stage = StageOf<kStage>;

// body(first, count) for all elements, in pieces of kStage, shared out among the OpenMP threads.
template <class F>
void for_pieces(std::int64_t elements, F&& body) {
  kernels::parallel_for((elements + kStage - 1) / kStage, elements,
                        [&](std::int64_t i) { body(i * kStage, std::min(kStage, elements - i * kStage)); });
}

// `count` elements from `at` on.
template <std::int64_t kFloats>
const float* read_piece(kernels::ElementType type, const void* memory, std::int64_t at, std::int64_t count,
                        StageOf<kFloats>& stage) {
  if (type == kernels::ElementType::f32) return static_cast<const float*>(memory) + at;
  kernels::vector_kernels().to_f32(static_cast<const std::uint16_t*>(memory) + at, stage.floats, count);
  return stage.floats;
}

// Where to write the elements from `at` on; write_piece() then brings them there.
template <std::int64_t kFloats>
float* piece_to_write(kernels::ElementType type, void* memory, std::int64_t at, StageOf<kFloats>& stage) {
  return type == kernels::ElementType::f32 ? static_cast<float*>(memory) + at : stage.floats;
}
inline void write_piece(kernels::ElementType type, const float* floats, void* memory, std::int64_t at,
                        std::int64_t count) {
  if (type == kernels::ElementType::bf16) {
    kernels::vector_kernels().to_bf16(floats, static_cast<std::uint16_t*>(memory) + at, count);
  } else if (float* to = static_cast<float*>(memory) + at; to != floats) {
    std::memcpy(to, floats, static_cast<std::size_t>(count) * sizeof(float));
  }
}

// Zeros from `at` on, in either type.
inline void clear_piece(kernels::ElementType type, void* memory, std::int64_t at, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(kernels::bytes_of(type));
  std::memset(static_cast<std::byte*>(memory) + at * size, 0, static_cast<std::size_t>(count * size));
}

}  // namespace actionflow::training
