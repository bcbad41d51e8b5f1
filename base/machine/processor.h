// What this processor can do, for kernels that exist in several forms.
//
// The environment variable ACTIONFLOW_ISA=generic|avx2|avx_vnni|avx512 lowers what is used, so that a test
// can run the lesser forms on a greater machine; it never raises it. oneDNN is held to it, too
// (models/kernels/onednn.h).
#pragma once

#include <string>

namespace actionflow {

// The instruction sets that kernels are compiled for, each allowing those before it. avx_vnni: AVX2 with
// products of bytes.
enum class Isa { generic, avx2, avx_vnni, avx512 };

// The greatest that ACTIONFLOW_ISA allows, whatever the processor has.
Isa most_allowed_isa();

bool has_avx2();    // with FMA and F16C
bool has_avx512();  // F, BW, DQ, VL
// Products of bytes in 256 bits, as AVX-VNNI encodes them or as AVX-512 does.
bool has_vex_vnni();
bool has_evex_vnni();
bool has_avx512_bf16();  // hidden, too, by a lesser ACTIONFLOW_ISA

// As the system calls it: "AMD EPYC 9354P 32-Core Processor"; "unknown" where it does not say.
std::string processor_name();

// Of a kernel's forms the greatest that runs; null for those that the build left out.
template <class Form>
const Form& choose(const Form* generic, const Form* avx2, const Form* avx512 = nullptr) {
  if (avx512 != nullptr && has_avx512()) return *avx512;
  if (avx2 != nullptr && has_avx2()) return *avx2;
  return *generic;
}

}  // namespace actionflow
