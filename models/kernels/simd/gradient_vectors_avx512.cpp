#include <immintrin.h>

#include "models/kernels/simd/gradient_vectors.h"

namespace actionflow::training {
namespace {

constexpr int kVectorBytes = 64;
constexpr const char* kName = "avx512";

#include "models/kernels/simd/vector_math.inc"

#include "models/kernels/simd/gradient_vectors.inc"

}  // namespace

const GradientVectors* avx512_gradient_vectors() { return &kVectors; }

}  // namespace actionflow::training
