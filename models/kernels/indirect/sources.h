// Where the taps of a convolution's outputs meet its input.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "models/kernels/aligned_floats.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels::indirect {

// Immutable.
class Sources {
 public:
  // `in` as it lies, in elements of so many bytes, at most 4; `outside`: the byte that stands for zeros.
  Sources(const Convolution& operation, const Layout& in, const Layout& out, std::int64_t element_bytes,
          std::uint8_t outside = 0);

  // Of the `count` outputs, at most 16, from `first` on: pointers [tap][output] to the input's channels, or
  // to what is outside; a null first where a tap meets zeros for all of them, unless a byte stands for these.
  void find(const void* input, std::int64_t first, std::int64_t count, const void** pointers) const;

 private:
  struct Place {
    const std::byte* clip;
    std::array<std::int64_t, 3> first;  // where its first tap lies in the input, or outside
  };
  Place place(const void* input, std::int64_t position) const;
  const void* source(const Place& place, const Axes& tap) const;

  Convolution operation_;
  Layout in_, out_;
  std::int64_t position_bytes_;
  AlignedFloats outside_;  // a position's channels
  bool leaves_out_;        // taps that meet nothing
};

}  // namespace actionflow::kernels::indirect
