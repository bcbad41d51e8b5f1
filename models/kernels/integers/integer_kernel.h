// A convolution's kernel in integers: each output's weights s8, from −127 to 127, times a scale of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "models/kernels/convolution/convolution.h"

namespace actionflow::kernels {

struct IntegerKernel {
  std::vector<std::int8_t> values;  // as ConvolutionProblem::kernel lies
  std::vector<float> scales;        // one an output, with the input's: result = scale·Σ integers + bias
};

// Requires integers for input.
IntegerKernel integer_kernel(const ConvolutionProblem& problem);

}  // namespace actionflow::kernels
