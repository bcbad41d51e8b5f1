#include "models/kernels/depthwise/depthwise_loops.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels::depthwise {
namespace {

// In this order: each stands on those before.
#include "models/kernels/simd/vector_math.inc"

#include "models/kernels/depthwise/depthwise_loops.inc"

}  // namespace

const Loops* generic_loops() { return &kLoops; }

}  // namespace actionflow::kernels::depthwise
