#include "models/kernels/simd/gradient_vectors.h"

#include "base/machine/processor.h"

namespace actionflow::training {
const GradientVectors& gradient_vectors() {
  static const GradientVectors& chosen =
      choose(generic_gradient_vectors(), avx2_gradient_vectors(), avx512_gradient_vectors());
  return chosen;
}

bool slope_from_result(ActivationKind kind) {
  return kind != ActivationKind::silu && kind != ActivationKind::hard_swish && kind != ActivationKind::gelu &&
         kind != ActivationKind::gelu_tanh;
}

}  // namespace actionflow::training
