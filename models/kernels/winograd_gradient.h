// The gradient of a Winograd convolution's kernel, from its input and its output's gradient.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "models/kernels/convolution.h"
#include "models/kernels/winograd_plan.h"

namespace actionflow::kernels::winograd {

// Immutable. Results do not depend on the number of threads.
class GradientRunner {
 public:
  virtual ~GradientRunner() = default;
  // Added to `kernel_gradient`, O×I×T×3×3.
  virtual void run(const void* input, const void* output_gradient, float* kernel_gradient,
                   void* scratch) const = 0;
  virtual std::size_t scratch_bytes() const = 0;
  virtual std::string implementation() const = 0;
};

// Of the problem, its operation and layouts count.
std::unique_ptr<GradientRunner> make_gradient_runner(const ConvolutionProblem& problem, Cut cut);

}  // namespace actionflow::kernels::winograd
