#include "models/kernels/simd/vector.h"

#include "base/machine/processor.h"

namespace actionflow::kernels {
const VectorKernels& vector_kernels() {
  static const VectorKernels& chosen =
      choose(generic_vector_kernels(), avx2_vector_kernels(), avx512_vector_kernels());
  return chosen;
}

}  // namespace actionflow::kernels
