#include "models/kernels/simd/gradient_vectors.h"

#include "base/machine/processor.h"

namespace actionflow::training {
const GradientVectors& gradient_vectors() {
  static const GradientVectors& chosen =
      choose(generic_gradient_vectors(), avx2_gradient_vectors(), avx512_gradient_vectors());
  return chosen;
}

bool slope_from_result(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::clip:  // a result in bf16 may have been rounded off a bound
    case ActivationKind::softplus:
    case ActivationKind::softsign:
    case ActivationKind::silu:
    case ActivationKind::hard_swish:
    case ActivationKind::mish:
    case ActivationKind::gelu:
    case ActivationKind::gelu_tanh:
      return false;
    default:
      return true;
  }
}

}  // namespace actionflow::training
