#include <immintrin.h>

#include "models/kernels/integers/integer_loops.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels::integers {
namespace {

// In this order: each stands on those before.
#include "models/kernels/simd/vector_math.inc"

#include "models/kernels/integers/words.inc"

#include "models/kernels/integers/integer_loops.inc"

}  // namespace

const Loops* avx512_loops() { return &kLoops; }

}  // namespace actionflow::kernels::integers
