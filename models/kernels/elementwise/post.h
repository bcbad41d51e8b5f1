// One post-operation as the inner loops of our convolutions see it.
#pragma once

namespace actionflow::kernels {

// What is done to some channels of a result: max(x, 0), x·first + second, or x + first, which then lies as
// the output does.
struct Post {
  enum class Kind { relu, scale_shift, add } kind = Kind::relu;
  const float* first = nullptr;
  const float* second = nullptr;
};

}  // namespace actionflow::kernels
