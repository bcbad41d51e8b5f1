// The gradient of a Winograd convolution's kernel, from its input and its output's gradient.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/winograd/tiling.h"

namespace actionflow::kernels::winograd {

// Immutable. Sized for the OpenMP threads of the thread that makes it, and run on as many; the bias's
// gradient depends on their number.
class GradientRunner {
 public:
  virtual ~GradientRunner() = default;
  // Added to `kernel_gradient`, O×I×T×3×3, and `bias_gradient`, O; either may be null.
  virtual void run(const void* input, const void* output_gradient, float* kernel_gradient,
                   float* bias_gradient, void* scratch) const = 0;
  virtual std::size_t scratch_bytes() const = 0;
  virtual std::string implementation() const = 0;
};

// Of the problem, its operation and layouts count.
std::unique_ptr<GradientRunner> make_gradient_runner(const ConvolutionProblem& problem, Cut cut);

}  // namespace actionflow::kernels::winograd
