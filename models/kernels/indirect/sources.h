// Where the taps of a convolution's outputs meet its input.
#pragma once

#include <array>
#include <cstdint>

#include "models/kernels/aligned_floats.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels::indirect {

// Immutable.
class Sources {
 public:
  Sources(const Convolution& operation, const Layout& in, const Layout& out);

  // Of the `count` outputs, at most 16, from `first` on: pointers [tap][output] to the input's channels, or
  // to zeros outside; a null first where a tap lies outside for all of them.
  void find(const float* input, std::int64_t first, std::int64_t count, const float** pointers) const;

 private:
  struct Place {
    const float* clip;
    std::array<std::int64_t, 3> first;  // where its first tap lies in the input, or outside
  };
  Place place(const float* input, std::int64_t position) const;
  const float* source(const Place& place, const Axes& tap) const;

  Convolution operation_;
  Layout in_, out_;
  AlignedFloats zeros_;
};

}  // namespace actionflow::kernels::indirect
