// Tensors cut and compared.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/tensor/tensor.h"

namespace actionflow::testing {

inline bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.values().size_bytes()) == 0);
}

// Of 1×C×T×…, `count` samples from `first` on; those before the beginning are the first one again.
inline Tensor samples(const Tensor& sequence, std::int64_t first, std::int64_t count) {
  Shape shape = sequence.shape();
  const std::int64_t frame = sequence.size() / (shape[1] * shape[2]), all = shape[2];
  shape[2] = count;
  Tensor piece(shape);
  for (std::int64_t c = 0; c < shape[1]; ++c)
    for (std::int64_t t = 0; t < count; ++t)
      std::copy_n(sequence.data() + (c * all + std::max<std::int64_t>(first + t, 0)) * frame, frame,
                  piece.data() + (c * count + t) * frame);
  return piece;
}

}  // namespace actionflow::testing
