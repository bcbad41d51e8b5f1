// Kernels of a network for pictures as kernels of one for clips.
#pragma once

#include <cstdint>

#include "base/tensor/tensor.h"

namespace actionflow {

// repeated: the kernel at every step of time, divided by their number, so that a still clip gives what the
// picture gives wherever the clip is not padded in time (I3D). centered: at the middle step, the others zero;
// that holds with padding too, and the network begins as one that looks at each frame by itself.
enum class Inflation { repeated, centered };

// O×I×H×W, or with an extent of 1 in time, to O×I×steps×H×W.
Tensor inflated(const Tensor& kernel, std::int64_t steps, Inflation inflation);

// Whether a kernel of the shape `flat` is one of `whole` without time, and `whole` has more than one step of
// it.
bool lacks_time(const Shape& flat, const Shape& whole);

}  // namespace actionflow
