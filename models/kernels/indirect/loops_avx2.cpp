#include <immintrin.h>

#include "models/kernels/indirect/loops.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels::indirect {
namespace {

// In this order: each stands on those before.
#include "models/kernels/simd/vector_math.inc"

#include "models/kernels/indirect/loops.inc"

}  // namespace

const Loops* avx2_loops() { return &kLoops; }

}  // namespace actionflow::kernels::indirect
