// How file formats lay out the axes of kernels. An order is a text with a letter an axis, slowest first:
// O output channels, I input channels, T, H, W. Ours is OITHW, and OI for dense and recurrent kernels; a
// kernel whose order lacks some of T, H, W has extent 1 there.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/tensor/tensor.h"

namespace actionflow {

enum class KernelOrder { own, keras };

// Of kernels with so many axes; empty where the format has none.
std::string_view kernel_axes(KernelOrder order, std::size_t rank);

// A kernel of the order `axes` in ours.
Tensor to_own_axes(const Tensor& kernel, std::string_view axes);
// The way back, for writers: extents that `axes` lacks must be 1 (std::invalid_argument).
Tensor from_own_axes(const Tensor& kernel, std::string_view axes);

}  // namespace actionflow
