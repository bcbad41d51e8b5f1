#include "models/kernels/vector.h"

#include <cstdlib>
#include <string_view>

namespace actionflow::kernels {
namespace {

const VectorKernels& choose() {
  const char* named = std::getenv("ACTIONFLOW_ISA");
  const std::string_view most = named ? named : "avx512";
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (most == "avx512" && avx512) return *avx512_vector_kernels();
  if (most != "generic" && avx2) return *avx2_vector_kernels();
  return *generic_vector_kernels();
}

}  // namespace

const VectorKernels& vector_kernels() {
  static const VectorKernels& chosen = choose();
  return chosen;
}

}  // namespace actionflow::kernels
