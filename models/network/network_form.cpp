#include "models/network/network_form.h"

#include <algorithm>

#include "base/error.h"
#include "base/processor.h"
#include "models/plan/memory.h"

namespace actionflow {

kernels::Normalisation normalisation(const InputSpec& input, std::int64_t channels) {
  kernels::Normalisation result;
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto i = static_cast<std::size_t>(c);
    const double mean = i < input.mean.size() ? input.mean[i] : 0,
                 std = i < input.std.size() ? input.std[i] : 1;
    result.scale.push_back(static_cast<float>(input.range / 255.0 / std));
    result.shift.push_back(static_cast<float>(-mean / std));
  }
  return result;
}

Shape plain_shape(const kernels::Layout& layout) {
  const Extents& e = layout.extents;
  return {layout.batch, e.c, e.t, e.h, e.w};
}

kernels::ElementType element_type(const std::string& network, Precision precision) {
  if (precision == Precision::int8)
    throw UsageError(network + ": int8 is not among this program's precisions; use f32, bf16 or auto");
  if (precision != Precision::bf16) return kernels::ElementType::f32;
  if (!has_avx512_bf16())
    throw UsageError(network +
                     ": bf16 needs a processor with AVX512-BF16, which this one is not; use f32 or auto");
  return kernels::ElementType::bf16;
}

Memory allocate(std::size_t bytes, const std::string& network) {
  const std::size_t rounded = (bytes + 63) / 64 * 64 + 64;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(64, rounded));
  if (memory == nullptr)
    throw ModelError(network + ": its activations need " + in_mebibytes(bytes) +
                     ", which this machine refuses");
  std::fill_n(memory, rounded, std::byte{0});
  return Memory(memory);
}

}  // namespace actionflow
