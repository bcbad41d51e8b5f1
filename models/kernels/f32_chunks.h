// Work on values of either element type in f32, a piece at a time: a piece of an f32 value is used where it
// lies, one of bf16 is widened into a chunk on the stack and rounded back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "models/kernels/layout.h"
#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::training {

// Floats that a piece holds at most: all chunks of an operation and what it reads fit in the nearest cache.
inline constexpr std::int64_t kChunkFloats = 512;
template <std::int64_t kFloats>
struct alignas(64) F32ChunkOf {
  float floats[kFloats];
};
using F32Chunk = F32ChunkOf<kChunkFloats>;

// body(first, count) for all elements, in pieces of kChunkFloats, shared out among the OpenMP threads.
template <class F>
void for_chunks(std::int64_t elements, F&& body) {
  kernels::parallel_for((elements + kChunkFloats - 1) / kChunkFloats, elements, [&](std::int64_t i) {
    body(i * kChunkFloats, std::min(kChunkFloats, elements - i * kChunkFloats));
  });
}

// `count` elements from `at` on.
template <std::int64_t kFloats>
const float* load_chunk(kernels::ElementType type, const void* memory, std::int64_t at, std::int64_t count,
                        F32ChunkOf<kFloats>& chunk) {
  if (type == kernels::ElementType::f32) return static_cast<const float*>(memory) + at;
  kernels::vector_kernels().to_f32(static_cast<const std::uint16_t*>(memory) + at, chunk.floats, count);
  return chunk.floats;
}

// Where to write the elements from `at` on; store_chunk() then brings them there.
template <std::int64_t kFloats>
float* chunk_to_store(kernels::ElementType type, void* memory, std::int64_t at, F32ChunkOf<kFloats>& chunk) {
  return type == kernels::ElementType::f32 ? static_cast<float*>(memory) + at : chunk.floats;
}
inline void store_chunk(kernels::ElementType type, const float* floats, void* memory, std::int64_t at,
                        std::int64_t count) {
  if (type == kernels::ElementType::bf16) {
    kernels::vector_kernels().to_bf16(floats, static_cast<std::uint16_t*>(memory) + at, count);
  } else if (float* to = static_cast<float*>(memory) + at; to != floats) {
    std::memcpy(to, floats, static_cast<std::size_t>(count) * sizeof(float));
  }
}

// Zeros from `at` on, in either type.
inline void clear_chunk(kernels::ElementType type, void* memory, std::int64_t at, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(kernels::bytes_of(type));
  std::memset(static_cast<std::byte*>(memory) + at * size, 0, static_cast<std::size_t>(count * size));
}

}  // namespace actionflow::training
