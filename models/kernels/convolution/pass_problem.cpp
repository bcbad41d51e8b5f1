#include "models/kernels/convolution/pass_problem.h"

#include <algorithm>

namespace actionflow::training {

using kernels::ConvolutionProblem;

ConvolutionProblem problem_of(const ConvolutionShape& shape, bool turned) {
  ConvolutionProblem p;
  p.operation = shape.operation;
  p.in = turned ? shape.out : shape.in;
  p.out = turned ? shape.in : shape.out;
  if (turned) {
    p.operation.filters = shape.in.extents.c;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      p.operation.pad_begin[axis] = p.operation.kernel[axis] - 1 - shape.operation.pad_begin[axis];
      p.operation.pad_end[axis] = p.operation.kernel[axis] - 1 - shape.operation.pad_end[axis];
    }
  } else if (shape.relu) {
    p.post_operations.emplace_back(Activation{});
  }
  return p;
}

bool pads_are_negative(const Convolution& operation) {
  const auto any = [](const Axes& pads) {
    return std::any_of(pads.begin(), pads.end(), [](int pad) { return pad < 0; });
  };
  return any(operation.pad_begin) || any(operation.pad_end);
}

}  // namespace actionflow::training
