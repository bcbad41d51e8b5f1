// A pass of training as the problem of a convolution.
#pragma once

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/convolution/convolution_pass.h"

namespace actionflow::training {

// The forward pass; `turned`: the data pass of a convolution of stride and dilation 1, which is one of the
// output's gradient with the kernel turned round and inputs and outputs swapped. Without kernel and bias.
kernels::ConvolutionProblem problem_of(const ConvolutionShape& shape, bool turned);

// As the data pass of a convolution has them that is padded by its kernel's extent and more.
bool pads_are_negative(const Convolution& operation);

}  // namespace actionflow::training
