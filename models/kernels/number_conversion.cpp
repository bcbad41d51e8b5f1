#include "models/kernels/number_conversion.h"

#include <algorithm>
#include <cstring>

#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

const std::byte* at(const NumberForm& form, const void* memory, std::int64_t index) {
  return static_cast<const std::byte*>(memory) + static_cast<std::size_t>(index) * bytes_of(form.type);
}
std::byte* at(const NumberForm& form, void* memory, std::int64_t index) {
  return static_cast<std::byte*>(memory) + static_cast<std::size_t>(index) * bytes_of(form.type);
}

void widen(const NumberForm& form, const void* from, float* to, std::int64_t count) {
  const VectorKernels& vectors = vector_kernels();
  switch (form.type) {
    case ElementType::f32:
      std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
      return;
    case ElementType::bf16:
      return vectors.to_f32(static_cast<const std::uint16_t*>(from), to, count);
    case ElementType::u8:
      return vectors.from_u8(static_cast<const std::uint8_t*>(from), form.scale, to, count);
    case ElementType::s8:
      return vectors.from_s8(static_cast<const std::int8_t*>(from), form.scale, to, count);
  }
}

void narrow(const float* from, const NumberForm& form, void* to, std::int64_t count) {
  const VectorKernels& vectors = vector_kernels();
  switch (form.type) {
    case ElementType::f32:
      std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
      return;
    case ElementType::bf16:
      return vectors.to_bf16(from, static_cast<std::uint16_t*>(to), count);
    case ElementType::u8:
      return vectors.to_u8(from, 1.0F / form.scale, static_cast<std::uint8_t*>(to), count);
    case ElementType::s8:
      return vectors.to_s8(from, 1.0F / form.scale, static_cast<std::int8_t*>(to), count);
  }
}

}  // namespace

void convert_numbers(const NumberForm& from_form, const void* from, const NumberForm& to_form, void* to,
                     std::int64_t first, std::int64_t count) {
  const std::byte* source = at(from_form, from, first);
  std::byte* target = at(to_form, to, first);
  if (from_form == to_form) {
    std::memcpy(target, source, static_cast<std::size_t>(count) * bytes_of(to_form.type));
    return;
  }
  if (to_form.type == ElementType::f32)
    return widen(from_form, source, reinterpret_cast<float*>(target), count);
  if (from_form.type == ElementType::f32)
    return narrow(reinterpret_cast<const float*>(source), to_form, target, count);
  constexpr std::int64_t kPiece = 512;
  alignas(64) float piece[kPiece];
  for (std::int64_t begin = 0; begin < count; begin += kPiece) {
    const std::int64_t n = std::min(kPiece, count - begin);
    widen(from_form, at(from_form, from, first + begin), piece, n);
    narrow(piece, to_form, at(to_form, to, first + begin), n);
  }
}

void convert_value(const Layout& from_layout, const void* from, const Layout& to_layout, void* to) {
  constexpr std::int64_t kChunk = 4096;
  const std::int64_t elements = from_layout.elements();
  parallel_for((elements + kChunk - 1) / kChunk, elements, [&](std::int64_t i) {
    convert_numbers({from_layout.type, from_layout.scale}, from, {to_layout.type, to_layout.scale}, to,
                    i * kChunk, std::min(kChunk, elements - i * kChunk));
  });
}

}  // namespace actionflow::kernels
