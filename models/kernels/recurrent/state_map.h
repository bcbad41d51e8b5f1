// One sample's state of a convolutional LSTM: a map of positions × units floats with the zeros around it that
// its kernel reads, so that each of the kernel's taps is one product over all rows of the map.
//
// Rows of the map are `pitch` positions apart. Gates are counted likewise, height × pitch positions, of which
// those beyond the width mean nothing.
#pragma once

#include <array>
#include <cstdint>

#include "models/graph/operation.h"

namespace actionflow::kernels {

struct StateMap {
  std::int64_t height = 1, width = 1, units = 1;
  std::array<int, 2> kernel{1, 1};

  StateMap(const ConvLstm& operation, const Extents& extents)
      : height(extents.h), width(extents.w), units(operation.units), kernel(operation.kernel) {}

  std::int64_t taps() const { return std::int64_t{kernel[0]} * kernel[1]; }
  std::int64_t pitch() const { return width + kernel[1] - 1; }
  std::int64_t gate_rows() const { return height * pitch(); }
  std::int64_t floats() const { return ((height + kernel[0] - 1) * pitch() + kernel[1] - 1) * units; }
  std::int64_t cells() const { return height * width * units; }
  // Where the state at a position lies.
  std::int64_t at(std::int64_t y, std::int64_t x) const {
    return ((y + (kernel[0] - 1) / 2) * pitch() + x + (kernel[1] - 1) / 2) * units;
  }
  // What a tap reads for the gates of the first position.
  std::int64_t first_of(std::int64_t tap) const {
    return (tap / kernel[1] * pitch() + tap % kernel[1]) * units;
  }
};

}  // namespace actionflow::kernels
