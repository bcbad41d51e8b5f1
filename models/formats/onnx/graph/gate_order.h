// The gates of recurrent cells, which ONNX has in another order.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/tensor/tensor.h"

namespace actionflow::onnx {

// Of an LSTM, where each gate of the one stands in the other: ours are i, f, c, o, ONNX' i, o, f, c. A GRU's
// are z, r, h in both.
inline constexpr std::array<std::int64_t, 4> kOwnGatesFromOnnx{0, 2, 3, 1}, kOnnxGatesFromOwn{0, 3, 1, 2};

// An LSTM's rows, gate after gate, in another order.
inline Tensor in_gate_order(const Tensor& rows, const std::array<std::int64_t, 4>& from) {
  Tensor result(rows.shape());
  const std::int64_t each = rows.size() / 4;
  for (std::size_t gate = 0; gate < from.size(); ++gate)
    std::copy_n(rows.data() + from[gate] * each, each,
                result.data() + static_cast<std::int64_t>(gate) * each);
  return result;
}

}  // namespace actionflow::onnx
