// Kernels of a network for pictures as kernels of one for clips, and the other way.
#pragma once

#include <cstdint>

#include "base/tensor/tensor.h"

namespace actionflow {

// To clips. repeated: the kernel at every step of time, divided by their number, so that a still clip gives
// what the picture gives wherever the clip is not padded in time (I3D). centered: at the middle step, the
// others zero; that holds with padding too, and the network begins as one that looks at each frame by itself.
// To pictures. summed: over the steps of time, what a still clip sees of it. middle: the middle step alone.
enum class TimeChange { repeated, centered, summed, middle };

// Whether a kernel of the one shape becomes one of the other: they differ in their steps of time alone, the
// fewer of which are one, or no axis.
bool differs_in_time(const Shape& from, const Shape& to, TimeChange change);

// `from`, O×I×H×W or O×I×T×H×W, in a shape that differs so.
Tensor changed_in_time(const Tensor& from, const Shape& to, TimeChange change);

}  // namespace actionflow
