// Convolutions: the problem, the list of kernels that may take it, and the choice.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "models/kernels/candidates.h"
#include "models/kernels/convolution/kernel_choice.h"
#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

struct ConvolutionProblem {
  Convolution operation;
  Layout in, out;
  std::vector<float> kernel;                   // O×(I/groups)×T×H×W, batch norm's scales already folded
  std::vector<float> bias;                     // O
  std::vector<PostOperation> post_operations;  // in order

  std::int64_t kernel_taps() const {
    return std::int64_t{1} * operation.kernel[0] * operation.kernel[1] * operation.kernel[2];
  }
  // Whether it reaches over time and is unpadded there, so that a plan may compute a clip in pieces.
  bool advances() const {
    return operation.kernel[0] > 1 && (operation.pad_begin[0] == 0 || operation.pad_end[0] == 0);
  }
};

// Makers of candidates: null where the problem is not for it, and where it cannot add in place though a
// post-operation says so. Inputs of the kernel: the convolved value, then those that post-operations
// add.
std::unique_ptr<Kernel> depthwise_convolution(const ConvolutionProblem& problem);
std::unique_ptr<Kernel> onednn_convolution(const ConvolutionProblem& problem);            // where it is fast
std::unique_ptr<Kernel> onednn_reference_convolution(const ConvolutionProblem& problem);  // any it has
std::unique_ptr<Kernel> direct_convolution(const ConvolutionProblem& problem);            // takes the rest

// Of integers: sums are exact, so that a result has the same bits wherever it stands. Post-operations are
// applied in f32.
std::unique_ptr<Kernel> onednn_integer_convolution(const ConvolutionProblem& problem);
std::unique_ptr<Kernel> integer_convolution(const ConvolutionProblem& problem);  // takes any

bool adds_in_place(const std::vector<PostOperation>& operations);
// Of extent 1 in f32: one product a position.
bool is_pointwise(const ConvolutionProblem& problem);

std::span<const Candidate<ConvolutionProblem, Kernel>> convolution_candidates();
std::span<const Candidate<ConvolutionProblem, Kernel>> integer_convolution_candidates();
// The chooser's, where it has one, else the first. One always takes the problem unless something is to be
// added in place; then null.
std::unique_ptr<Kernel> make_convolution(const ConvolutionProblem& problem,
                                         const KernelChooser* chooser = nullptr);

}  // namespace actionflow::kernels
