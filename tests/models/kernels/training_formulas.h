// Numbers that both PyTorch's side (tests/golden/training_formulas.py) and these tests compute, so that
// they need not be stored. Integers only, so both give the same bits.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/tensor/tensor.h"

namespace actionflow::testing {

// `count` values in [−1, 1): a hash of the index and of `stream`.
inline std::vector<float> noise(std::int64_t count, std::uint64_t stream) {
  constexpr std::uint64_t kMask = 0xFFFFFFFF;
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    std::uint64_t x = (i * 2654435761U + stream * 2246822519U + 374761393U) & kMask;
    for (const std::uint64_t multiplier : {0x7FEB352DU, 0x846CA68BU}) {
      x ^= x >> 16U;
      x = (x * multiplier) & kMask;
    }
    x ^= x >> 16U;
    values.push_back(static_cast<float>(static_cast<double>(x >> 8U) / 8388608.0 - 1.0));
  }
  return values;
}

inline Tensor noise_of_shape(const Shape& shape, std::uint64_t stream, float scale = 1) {
  Tensor tensor(shape, noise(element_count(shape), stream));
  for (float& value : tensor.values()) value *= scale;
  return tensor;
}

// A parameter's own stream: FNV-1a of its name, 32 bits.
inline std::uint32_t name_stream(std::string_view name) {
  std::uint32_t state = 0x811C9DC5;
  for (const char c : name) state = (state ^ static_cast<unsigned char>(c)) * 0x01000193U;
  return state;
}

}  // namespace actionflow::testing
