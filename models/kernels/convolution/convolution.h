// Convolutions: the problem, and the list of kernels that may take it.
#pragma once

#include <memory>
#include <vector>

#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

struct ConvolutionProblem {
  Convolution operation;
  Layout in, out;
  std::vector<float> kernel;                   // O×(I/groups)×T×H×W, scales already folded
  std::vector<float> bias;                     // O
  std::vector<PostOperation> post_operations;  // in order

  std::int64_t kernel_taps() const {
    return std::int64_t{1} * operation.kernel[0] * operation.kernel[1] * operation.kernel[2];
  }
};

// A candidate answers null where the problem is not for it, and where it cannot add in place though a
// post-operation says so. Inputs of the kernel: the convolved value, then those that post-operations
// add.
using ConvolutionCandidate = std::unique_ptr<Kernel> (*)(const ConvolutionProblem&);

std::unique_ptr<Kernel> depthwise_convolution(const ConvolutionProblem& problem);
std::unique_ptr<Kernel> onednn_convolution(const ConvolutionProblem& problem);
std::unique_ptr<Kernel> direct_convolution(const ConvolutionProblem& problem);  // takes the rest

bool adds_in_place(const std::vector<PostOperation>& operations);

// The first candidate that takes the problem; one always does unless something is to be added in place.
std::unique_ptr<Kernel> make_convolution(const ConvolutionProblem& problem);

}  // namespace actionflow::kernels
