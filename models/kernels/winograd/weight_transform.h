// Kernels of 3×3 and 3×3×3 taps, transformed for Winograd products. Made once, in double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "models/kernels/winograd/tiling.h"

namespace actionflow::kernels::winograd {

// Zeroed floats on 64-byte borders; large ones on huge pages where the system gives them.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::size_t count);
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float[], Free> data_;
  std::size_t size_;
};

// The values, then zeros up to `count`.
AlignedFloats aligned(const std::vector<float>& values, std::int64_t count);

struct PlainWeights {
  const std::vector<float>& kernel;  // O×I×T×3×3
  std::int64_t outputs = 0, inputs = 0;
  int taps = 1;  // in time: 3, or 1 with Time::none
};

// U as models/kernels/winograd/loops.h has it.
AlignedFloats transform_weights(const PlainWeights& weights, const Cut& cut);

// The same, in float and fast, for weights that change at every step. `turned`: of the convolution that gives
// the input's gradient from the output's, whose kernel is turned round in all axes and whose inputs are this
// one's outputs; the cut is then that one's. Where the cut's time is none, of a kernel with three taps in
// time the middle one is taken.
struct KernelView {
  const float* kernel = nullptr;  // O×I×T×3×3
  std::int64_t outputs = 0, inputs = 0;
  int taps = 1;
  bool turned = false;
};
void transform_kernel(const KernelView& kernel, const Cut& cut, float* u);

}  // namespace actionflow::kernels::winograd
