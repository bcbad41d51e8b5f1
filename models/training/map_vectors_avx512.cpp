#include <immintrin.h>

#include "models/training/map_vectors.h"

namespace actionflow::training {
namespace {

constexpr int kVectorBytes = 64;
constexpr const char* kName = "avx512";

// In this order: each stands on those before.
#include "models/kernels/vector_math.inc"

#include "models/training/norm_vectors.inc"

#include "models/training/pool_vectors.inc"

}  // namespace

const MapVectors* avx512_map_vectors() { return &kMapVectors; }

}  // namespace actionflow::training
