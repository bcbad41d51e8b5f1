#include <immintrin.h>

#include "models/kernels/winograd/winograd_loops.h"

namespace actionflow::kernels::winograd {
namespace {

// In this order: each stands on those before.
#include "models/kernels/winograd/elements.inc"

#include "models/kernels/winograd/input.inc"

#include "models/kernels/winograd/product.inc"

#include "models/kernels/winograd/output.inc"

#include "models/kernels/winograd/kernel.inc"

#include "models/kernels/winograd/gradient.inc"

constexpr Loops kLoops{kName,    kOutBlock,         input,          product, output, kernel,
                       gradient, multiply_gradient, kernel_gradient};

}  // namespace

const Loops* avx512_loops() { return &kLoops; }

}  // namespace actionflow::kernels::winograd
