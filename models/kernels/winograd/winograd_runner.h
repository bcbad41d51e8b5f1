// One Winograd convolution's work, for transformed weights that each run brings, shared out among threads.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/winograd/tiling.h"

namespace actionflow::kernels::winograd {

// Immutable.
class Runner {
 public:
  virtual ~Runner() = default;
  // `u` as models/kernels/winograd/winograd_loops.h has it; `bias` for all padded outputs. All on 64-byte
  // borders.
  virtual void run(const Arguments& arguments, const float* u, const float* bias) const = 0;
  virtual std::size_t scratch_bytes() const = 0;
  virtual std::string implementation() const = 0;
};

// Of the problem, its operation, layouts and post-operations count. Sized for the OpenMP threads of the
// calling thread; runs on at most as many.
std::unique_ptr<Runner> make_runner(const ConvolutionProblem& problem, const Cut& cut);

}  // namespace actionflow::kernels::winograd
