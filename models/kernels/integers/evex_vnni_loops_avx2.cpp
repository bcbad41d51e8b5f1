#include <immintrin.h>

#include "models/kernels/integers/integer_loops.h"
#include "models/kernels/simd/vector.h"

#define ACTIONFLOW_VPDPBUSD "%{evex%} vpdpbusd"

namespace actionflow::kernels::integers {
namespace {

constexpr const char* kLoopsName = "evex_vnni";

// In this order: each stands on those before.
#include "models/kernels/simd/vector_math.inc"

#include "models/kernels/integers/bytes.inc"

#include "models/kernels/integers/integer_loops.inc"

}  // namespace

const Loops* evex_vnni_loops() { return &kLoops; }

}  // namespace actionflow::kernels::integers
