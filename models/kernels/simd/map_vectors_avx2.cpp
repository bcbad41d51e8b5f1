#include <immintrin.h>

#include "models/kernels/simd/map_vectors.h"

namespace actionflow::training {
namespace {

// In this order: each stands on those before.
#include "models/kernels/simd/vector_math.inc"

#include "models/kernels/simd/norm_vectors.inc"

#include "models/kernels/simd/pool_vectors.inc"

}  // namespace

const MapVectors* avx2_map_vectors() { return &kMapVectors; }

}  // namespace actionflow::training
