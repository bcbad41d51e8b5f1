#include "models/kernels/simd/gradient_vectors.h"

#include "base/processor.h"

namespace actionflow::training {
namespace {

const GradientVectors& choose_gradient_vectors() {
  if (has_avx512()) return *avx512_gradient_vectors();
  if (has_avx2()) return *avx2_gradient_vectors();
  return *generic_gradient_vectors();
}

}  // namespace

const GradientVectors& gradient_vectors() {
  static const GradientVectors& chosen = choose_gradient_vectors();
  return chosen;
}

bool slope_from_result(ActivationKind kind) {
  return kind != ActivationKind::silu && kind != ActivationKind::hard_swish;
}

}  // namespace actionflow::training
