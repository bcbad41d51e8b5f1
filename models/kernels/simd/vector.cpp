#include "models/kernels/simd/vector.h"

#include "base/processor.h"

namespace actionflow::kernels {
namespace {

const VectorKernels& choose() {
  if (has_avx512()) return *avx512_vector_kernels();
  if (has_avx2()) return *avx2_vector_kernels();
  return *generic_vector_kernels();
}

}  // namespace

const VectorKernels& vector_kernels() {
  static const VectorKernels& chosen = choose();
  return chosen;
}

}  // namespace actionflow::kernels
