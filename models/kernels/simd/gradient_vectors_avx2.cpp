#include <immintrin.h>

#include "models/kernels/simd/gradient_vectors.h"

namespace actionflow::training {
namespace {

constexpr int kVectorBytes = 32;
constexpr const char* kName = "avx2";

#include "models/kernels/simd/vector_math.inc"

#include "models/kernels/simd/gradient_vectors.inc"

}  // namespace

const GradientVectors* avx2_gradient_vectors() { return &kVectors; }

}  // namespace actionflow::training
