// What of our values is written another way for Keras: kernels in the order of its axes, and numbers.
#pragma once

#include <fmt/format.h>

#include <string>

#include "models/formats/axis_order.h"

namespace actionflow::keras {

inline Tensor keras_kernel(const Tensor& ours) {
  return from_own_axes(ours, kernel_axes(KernelOrder::keras, ours.shape().size()));
}

// The shortest decimal that is this number in float32, as a person would have written it.
inline double shortest_decimal(float value) { return std::stod(fmt::format("{}", value)); }

}  // namespace actionflow::keras
