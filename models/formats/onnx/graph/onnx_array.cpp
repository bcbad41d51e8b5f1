#include "models/formats/onnx/graph/onnx_array.h"

#include <algorithm>

namespace actionflow::onnx {

float Array::real(std::int64_t i) const {
  const auto at = static_cast<std::size_t>(i);
  return is_real() ? reals[at] : static_cast<float>(integers[at]);
}

Array integer_list(std::vector<std::int64_t> values) {
  Array array;
  array.shape = {static_cast<std::int64_t>(values.size())};
  array.integers = std::move(values);
  return array;
}

Array integer_scalar(std::int64_t value) {
  Array array;
  array.integers = {value};
  return array;
}

Array real_scalar(float value) {
  Array array;
  array.kind = Array::Kind::real;
  array.reals = {value};
  return array;
}

Tensor to_tensor(const Array& array, Shape shape) {
  if (array.is_real()) return Tensor(std::move(shape), array.reals);
  Tensor tensor(std::move(shape));
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor[i] = array.real(i);
  return tensor;
}

std::vector<std::int64_t> steps_of(const Shape& shape) {
  std::vector<std::int64_t> steps(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) steps[i - 1] = steps[i] * shape[i];
  return steps;
}

bool broadcast(const Shape& a, const Shape& b, Shape& result) {
  const std::size_t rank = std::max(a.size(), b.size());
  result.assign(rank, 1);
  for (const Shape* shape : {&a, &b}) {
    for (std::size_t i = 0; i < shape->size(); ++i) {
      const std::int64_t extent = (*shape)[shape->size() - 1 - i];
      std::int64_t& to = result[rank - 1 - i];
      if (extent == 1 || extent == to) continue;
      if (to != 1) return false;
      to = extent;
    }
  }
  return true;
}

std::vector<std::int64_t> broadcast_steps(const Shape& shape, const Shape& result) {
  std::vector<std::int64_t> steps(result.size(), 0);
  std::int64_t step = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t extent = shape[shape.size() - 1 - i];
    if (extent != 1) steps[result.size() - 1 - i] = step;
    step *= extent;
  }
  return steps;
}

}  // namespace actionflow::onnx
