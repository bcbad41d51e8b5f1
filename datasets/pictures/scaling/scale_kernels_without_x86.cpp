#include "datasets/pictures/scaling/scale_kernels.h"

namespace actionflow {

const ScaleKernels* avx2_scale_kernels() { return nullptr; }

}  // namespace actionflow
