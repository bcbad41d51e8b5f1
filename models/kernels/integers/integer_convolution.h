// Convolutions of integers by our own loops, for every processor. Whichever loops compute it, a result has
// the same bits.
#pragma once

#include <memory>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/integers/integer_loops.h"
#include "models/kernels/kernel.h"

namespace actionflow::kernels {

// Takes any problem whose input is of integers. Sized for the OpenMP threads of the calling thread.
std::unique_ptr<Kernel> make_integer_convolution(const ConvolutionProblem& problem,
                                                 const integers::Loops& loops);

}  // namespace actionflow::kernels
