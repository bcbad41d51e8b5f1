#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

// In this order: each stands on those before.
#include "models/kernels/simd/vector_math.inc"

#include "models/kernels/simd/vector_rows.inc"

#include "models/kernels/simd/vector_products.inc"

}  // namespace

const VectorKernels* generic_vector_kernels() { return &kKernels; }

}  // namespace actionflow::kernels
