#include <immintrin.h>

#include "models/kernels/simd/gradient_vectors.h"

namespace actionflow::training {
namespace {

// In this order: each stands on those before.
#include "models/kernels/simd/vector_math.inc"

#include "models/kernels/simd/gradient_vectors.inc"

}  // namespace

const GradientVectors* avx2_gradient_vectors() { return &kVectors; }

}  // namespace actionflow::training
