#include "base/machine/processor.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace actionflow {

namespace {

#if defined(__x86_64__)
// Clang's __builtin_cpu_supports has no word for it.
bool cpu_has_f16c() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}
#endif

bool cpu_has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && cpu_has_f16c();
#else
  return false;
#endif
}

bool cpu_has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

// GCC 12 and Clang 14 have no word for it.
bool cpu_has_avx_vnni() {
#if defined(__x86_64__)
  constexpr unsigned kAvxVnni = 1U << 4;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & kAvxVnni) != 0;
#else
  return false;
#endif
}

bool cpu_has_avx512_vnni() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

bool cpu_has_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

}  // namespace

Isa most_allowed_isa() {
  const char* named = std::getenv("ACTIONFLOW_ISA");
  const std::string_view name = named ? named : "";
  if (name == "generic") return Isa::generic;
  if (name == "avx2") return Isa::avx2;
  return name == "avx_vnni" ? Isa::avx_vnni : Isa::avx512;
}

bool has_avx2() {
  static const bool has = cpu_has_avx2() && most_allowed_isa() >= Isa::avx2;
  return has;
}

bool has_avx512() {
  static const bool has = has_avx2() && cpu_has_avx512() && most_allowed_isa() >= Isa::avx512;
  return has;
}

bool has_vex_vnni() {
  static const bool has = has_avx2() && cpu_has_avx_vnni() && most_allowed_isa() >= Isa::avx_vnni;
  return has;
}

bool has_evex_vnni() {
  static const bool has = has_avx2() && cpu_has_avx512_vnni() && most_allowed_isa() >= Isa::avx_vnni;
  return has;
}

bool has_avx512_bf16() {
  static const bool has = has_avx512() && cpu_has_bf16();
  return has;
}

std::string processor_name() {
  std::ifstream table("/proc/cpuinfo");
  for (std::string line; std::getline(table, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace actionflow
