#include "models/plan/precision.h"

#include "base/error.h"
#include "base/machine/processor.h"

namespace actionflow {

kernels::ElementType element_type(const std::string& network, Precision precision) {
  if (precision != Precision::bf16) return kernels::ElementType::f32;
  if (!has_avx512_bf16())
    throw UsageError(network +
                     ": bf16 needs a processor with AVX512-BF16, which this one is not; use f32 or auto");
  return kernels::ElementType::bf16;
}

}  // namespace actionflow
