// What builds for other processors have in place of the files *_avx2.cpp and *_avx512.cpp: no such forms.
#include <exception>

#include "models/kernels/attention/pair_product.h"
#include "models/kernels/convolution/narrow_products.h"
#include "models/kernels/depthwise/depthwise_loops.h"
#include "models/kernels/indirect/loops.h"
#include "models/kernels/integers/integer_loops.h"
#include "models/kernels/simd/gradient_vectors.h"
#include "models/kernels/simd/map_vectors.h"
#include "models/kernels/simd/vector.h"
#include "models/kernels/winograd/winograd_loops.h"

namespace actionflow::kernels {

const VectorKernels* avx2_vector_kernels() { return nullptr; }
const VectorKernels* avx512_vector_kernels() { return nullptr; }

namespace depthwise {
const Loops* avx2_loops() { return nullptr; }
const Loops* avx512_loops() { return nullptr; }
}  // namespace depthwise

namespace indirect {
const Loops* avx2_loops() { return nullptr; }
const Loops* avx512_loops() { return nullptr; }
}  // namespace indirect

namespace integers {
const Loops* avx2_loops() { return nullptr; }
const Loops* vex_vnni_loops() { return nullptr; }
const Loops* evex_vnni_loops() { return nullptr; }
const Loops* avx512_loops() { return nullptr; }
}  // namespace integers

namespace winograd {
const Loops* avx2_loops() { return nullptr; }
const Loops* avx512_loops() { return nullptr; }
}  // namespace winograd

// Reached behind has_avx512() only.
void avx512_pair_product(const PairBlock&) { std::terminate(); }

}  // namespace actionflow::kernels

namespace actionflow::training {

const MapVectors* avx2_map_vectors() { return nullptr; }
const MapVectors* avx512_map_vectors() { return nullptr; }
const GradientVectors* avx2_gradient_vectors() { return nullptr; }
const GradientVectors* avx512_gradient_vectors() { return nullptr; }

void avx512_narrow_gradient(const NarrowGradient&) { std::terminate(); }
void avx512_narrow_product(const NarrowProduct&) { std::terminate(); }

}  // namespace actionflow::training
