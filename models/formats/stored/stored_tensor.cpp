#include "models/formats/stored/stored_tensor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace actionflow {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are read as they stand");

struct TypeFacts {
  std::string_view name;
  std::size_t bytes;
  bool floating;
};

constexpr std::array<TypeFacts, 10> kTypes{{{"float32", 4, true},
                                            {"float64", 8, true},
                                            {"float16", 2, true},
                                            {"bfloat16", 2, true},
                                            {"int64", 8, false},
                                            {"int32", 4, false},
                                            {"int16", 2, false},
                                            {"int8", 1, false},
                                            {"uint8", 1, false},
                                            {"bool", 1, false}}};

const TypeFacts& facts(ElementType type) { return kTypes[static_cast<std::size_t>(type)]; }

float from_half(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16U;
  const std::uint32_t exponent = (half >> 10U) & 0x1FU;
  const std::uint32_t mantissa = half & 0x3FFU;
  if (exponent == 0) {  // zero and subnormal: mantissa · 2⁻²⁴
    const float value = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  const std::uint32_t widened = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | (widened << 23U) | (mantissa << 13U));
}

float from_bfloat16(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16U);
}

template <class From>
float as_float(From value) {
  return static_cast<float>(value);
}

template <class From>
void widen(const char* bytes, std::size_t count, float* to, float (*convert)(From)) {
  for (std::size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, bytes + i * sizeof(From), sizeof(From));
    to[i] = convert(value);
  }
}

// The innermost axes that stand in one piece: how many elements in a row, and how many axes are left.
std::size_t contiguous_elements(const StoredTensor& tensor, std::size_t& outer_axes) {
  std::int64_t run = 1;
  outer_axes = tensor.shape.size();
  while (outer_axes > 0 && (tensor.strides.empty() || tensor.strides[outer_axes - 1] == run ||
                            tensor.shape[outer_axes - 1] == 1))
    run *= tensor.shape[--outer_axes];
  return static_cast<std::size_t>(run);
}

}  // namespace

std::size_t element_bytes(ElementType type) { return facts(type).bytes; }
bool is_floating(ElementType type) { return facts(type).floating; }
std::string_view to_string(ElementType type) { return facts(type).name; }

void to_floats(ElementType type, const char* bytes, std::size_t count, float* to) {
  switch (type) {
    case ElementType::f32:
      if (count > 0) std::memcpy(to, bytes, count * sizeof(float));
      return;
    case ElementType::f64:
      return widen<double>(bytes, count, to, as_float);
    case ElementType::f16:
      return widen<std::uint16_t>(bytes, count, to, from_half);
    case ElementType::bf16:
      return widen<std::uint16_t>(bytes, count, to, from_bfloat16);
    case ElementType::i64:
      return widen<std::int64_t>(bytes, count, to, as_float);
    case ElementType::i32:
      return widen<std::int32_t>(bytes, count, to, as_float);
    case ElementType::i16:
      return widen<std::int16_t>(bytes, count, to, as_float);
    case ElementType::i8:
      return widen<std::int8_t>(bytes, count, to, as_float);
    case ElementType::u8:
    case ElementType::boolean:
      return widen<std::uint8_t>(bytes, count, to, as_float);
  }
}

std::optional<std::int64_t> reach(const StoredTensor& tensor) {
  std::int64_t count = 1, last = 0, dense = 1;
  bool empty = false;
  for (std::size_t i = tensor.shape.size(); i-- > 0;) {
    const std::int64_t extent = tensor.shape[i];
    const std::int64_t stride = tensor.strides.empty() ? dense : tensor.strides[i];
    if (extent < 0 || stride < 0) return {};
    empty = empty || extent == 0;
    std::int64_t step = 0;
    const std::int64_t steps = std::max<std::int64_t>(extent, 1);
    if (__builtin_mul_overflow(count, steps, &count) || __builtin_mul_overflow(stride, steps - 1, &step) ||
        __builtin_add_overflow(last, step, &last) || __builtin_mul_overflow(dense, steps, &dense))
      return {};
  }
  if (empty) return 0;
  if (last == std::numeric_limits<std::int64_t>::max()) return {};
  return last + 1;
}

Tensor read_values(const StoredTensor& tensor) {
  Tensor values(tensor.shape);
  if (values.empty()) return values;
  std::size_t axes = 0;
  const std::size_t run = contiguous_elements(tensor, axes);
  const std::size_t bytes = element_bytes(tensor.type);
  Shape at(axes, 0);
  std::int64_t offset = 0;
  for (float *to = values.data(), *end = to + values.size(); to < end; to += run) {
    to_floats(tensor.type, tensor.data + static_cast<std::size_t>(offset) * bytes, run, to);
    for (std::size_t i = axes; i-- > 0;) {  // to the next index
      offset += tensor.strides[i];
      if (++at[i] < tensor.shape[i]) break;
      offset -= tensor.strides[i] * tensor.shape[i];
      at[i] = 0;
    }
  }
  return values;
}

}  // namespace actionflow
