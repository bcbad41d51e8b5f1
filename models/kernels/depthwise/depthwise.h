// Depthwise convolutions by our own loops (models/kernels/depthwise/depthwise_loops.h), alone or joined with
// the product of extent 1 that makes their input. Joined, that input never stands in memory: a task computes
// a few rows of a block of its channels, of as many frames as the taps reach over, where they stay in the
// second cache. Each output has the same bits in whichever clip, band of rows and thread it is computed.
#pragma once

#include <memory>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/kernel.h"

namespace actionflow::kernels {

// A convolution of extent 1, then a depthwise one of its result.
struct ExpandedDepthwise {
  ConvolutionProblem product, depthwise;
};

// Whether the kernel below takes them and is faster than two. It does not look at weights, batch or frames,
// so that a network has the same bits whole and where windows share what they have in common.
bool joins_depthwise(const ExpandedDepthwise& problem);

// Requires joins_depthwise().
std::unique_ptr<Kernel> expanded_depthwise(const ExpandedDepthwise& problem);

}  // namespace actionflow::kernels
