// A tensor where it lies in a file, and its values as float32.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/tensor/tensor.h"

namespace actionflow {

enum class ElementType { f32, f64, f16, bf16, i64, i32, i16, i8, u8, boolean };

std::size_t element_bytes(ElementType type);
bool is_floating(ElementType type);
std::string_view to_string(ElementType type);  // "float16"

// `count` little-endian elements, at any address, as float32. Integers above 2²⁴ are rounded.
void to_floats(ElementType type, const char* bytes, std::size_t count, float* to);

// Does not own its bytes: `data` points to the element at index 0 of every axis, in the file's mapping.
struct StoredTensor {
  std::string name;
  ElementType type = ElementType::f32;
  Shape shape;
  Shape strides = {};  // in elements, from 0; empty: row-major
  const char* data = nullptr;
};

// How many elements from `data` on the tensor reaches: 0 where it has none. Nothing where a stride or extent
// is negative or the sum or the count of elements does not fit in 63 bits.
std::optional<std::int64_t> reach(const StoredTensor& tensor);

// All its values, row-major.
Tensor read_values(const StoredTensor& tensor);

}  // namespace actionflow
