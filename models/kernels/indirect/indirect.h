// Dense convolutions of any form as matrix products whose rows are found by pointers; see
// models/kernels/indirect/loops.h.
//
// f32, channels last. Sums are exact in time and as accurate as a direct sum's: a few hundred products at a
// time are summed before they join the total.
#pragma once

#include "models/kernels/convolution/convolution.h"

namespace actionflow::kernels {

// Whether the problem's form allows it, and whether it is also faster than oneDNN's kernels.
bool indirect_fits(const ConvolutionProblem& problem);
bool indirect_pays(const ConvolutionProblem& problem);

// Requires indirect_fits(). Sized for the OpenMP threads of the calling thread; runs on at most as many.
std::unique_ptr<Kernel> make_indirect(const ConvolutionProblem& problem);

// Candidates: null where it does not pay; where it does not fit.
std::unique_ptr<Kernel> indirect_convolution(const ConvolutionProblem& problem);
std::unique_ptr<Kernel> indirect_convolution_otherwise(const ConvolutionProblem& problem);

}  // namespace actionflow::kernels
