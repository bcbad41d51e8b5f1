// A constant of an ONNX graph: an initialiser, an attribute, or what was computed from these.
#pragma once

#include <cstdint>
#include <vector>

#include "base/tensor/tensor.h"

namespace actionflow::onnx {

// Row-major. ONNX' types are three here: all real ones are float32, all whole ones int64.
struct Array {
  enum class Kind { real, integer, boolean };
  Kind kind = Kind::integer;
  Shape shape;                         // empty: a scalar
  std::vector<float> reals;            // of kind real
  std::vector<std::int64_t> integers;  // of the other two; 0 and 1 for boolean

  bool is_real() const { return kind == Kind::real; }
  std::int64_t size() const { return element_count(shape); }
  // Any element as a real number.
  float real(std::int64_t i) const;
};

Array integer_list(std::vector<std::int64_t> values);
Array integer_scalar(std::int64_t value);
Array real_scalar(float value);

Tensor to_tensor(const Array& array, Shape shape);

// How far the next element along each axis lies.
std::vector<std::int64_t> steps_of(const Shape& shape);

// What arrays of these shapes give together, element by element: axes are counted from the last, extents of 1
// and missing axes are repeated. False where two extents differ.
bool broadcast(const Shape& a, const Shape& b, Shape& result);

// For each axis of `result`, how far the next element lies in an array of `shape`: 0 where it is repeated.
std::vector<std::int64_t> broadcast_steps(const Shape& shape, const Shape& result);

// Calls visit(i, offset) for each element i of `shape`, offset being the sum of index × step over axes.
template <class Visit>
void walk(const Shape& shape, const std::vector<std::int64_t>& steps, std::int64_t first, Visit visit) {
  std::vector<std::int64_t> index(shape.size(), 0);
  std::int64_t offset = first;
  const std::int64_t count = element_count(shape);
  for (std::int64_t i = 0; i < count; ++i) {
    visit(i, offset);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      offset += steps[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace actionflow::onnx
