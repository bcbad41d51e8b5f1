// Convolutions to try a kernel on, and the plain loop's results.
#pragma once

#include <memory>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/kernels/convolution/convolution.h"

namespace actionflow::testing {

struct ConvolutionCase {
  Extents in;
  std::int64_t filters = 0;
  Axes kernel{3, 3, 3}, pad_begin{1, 1, 1}, pad_end{1, 1, 1};
  std::int64_t batch = 1;
  Axes stride{1, 1, 1}, dilation{1, 1, 1};
  int groups = 1;
};

std::vector<float> random_values(std::int64_t count, unsigned seed, float scale = 1);

// f32 with random weights; channels padded to a multiple of 16.
kernels::ConvolutionProblem problem(const ConvolutionCase& c);

// Of random input. `added`: what post-operations add. All memory is 64-byte aligned, and what no kernel may
// read is a large number.
Tensor run(const kernels::Kernel& kernel, const kernels::ConvolutionProblem& p,
           const std::vector<const Tensor*>& added = {});

Tensor run_on(const Tensor& input, const kernels::Kernel& kernel, const kernels::ConvolutionProblem& p,
              const std::vector<const Tensor*>& added = {});

// Without the post-operations, by the loops of tests/models/reference.h.
Tensor expected(const kernels::ConvolutionProblem& p);
Tensor expected(const kernels::ConvolutionProblem& p, const Tensor& input);

// Whether the same frames give the same bits wherever they stand in a clip, on which networks for streams
// rest.
using MakeKernel = std::unique_ptr<kernels::Kernel> (*)(const kernels::ConvolutionProblem&);
bool exact_in_time(MakeKernel make, int groups = 1);

}  // namespace actionflow::testing
