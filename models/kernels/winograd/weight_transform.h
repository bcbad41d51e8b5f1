// Kernels of 3×3 and 3×3×3 taps, transformed for Winograd products. Made once, in double.
#pragma once

#include <cstdint>
#include <vector>

#include "models/kernels/aligned_floats.h"
#include "models/kernels/winograd/tiling.h"

namespace actionflow::kernels::winograd {

struct PlainWeights {
  const std::vector<float>& kernel;  // O×I×T×3×3
  std::int64_t outputs = 0, inputs = 0;
  int taps = 1;  // in time: 3, or 1 with Time::none
};

// U as models/kernels/winograd/winograd_loops.h has it.
AlignedFloats transform_weights(const PlainWeights& weights, const Cut& cut);

// The same, in float and fast, for weights that change at every step. `turned`: of the convolution that gives
// the input's gradient from the output's, whose kernel is turned round in all axes and whose inputs are this
// one's outputs; the cut is then that one's. Where the cut's time is none, of a kernel with three taps in
// time the middle one is taken.
struct KernelView {
  const float* kernel = nullptr;  // O×I×T×3×3
  std::int64_t outputs = 0, inputs = 0;
  int taps = 1;
  bool turned = false;
};
void transform_kernel(const KernelView& kernel, const Cut& cut, float* u);

}  // namespace actionflow::kernels::winograd
