#include "models/kernels/simd/gradient_vectors.h"

namespace actionflow::training {
namespace {

constexpr int kVectorBytes = 16;
constexpr const char* kName = "generic";

#include "models/kernels/simd/vector_math.inc"

#include "models/kernels/simd/gradient_vectors.inc"

}  // namespace

const GradientVectors* generic_gradient_vectors() { return &kVectors; }

}  // namespace actionflow::training
