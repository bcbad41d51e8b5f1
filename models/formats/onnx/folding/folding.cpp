#include "models/formats/onnx/folding/folding.h"

#include <fmt/format.h>

#include <algorithm>

namespace actionflow::onnx {

const Array& Folding::input(std::size_t i) const {
  if (i >= inputs.size() || inputs[i] == nullptr) node.fail(fmt::format("its input {} is missing", i));
  return *inputs[i];
}

const std::vector<std::int64_t>& Folding::integers(std::size_t i) const {
  if (input(i).is_real()) node.fail(fmt::format("its input {} is not of whole numbers", i));
  return input(i).integers;
}

std::int64_t Folding::only_integer(std::size_t i) const {
  if (integers(i).size() != 1) node.fail(fmt::format("its input {} is not one number", i));
  return integers(i).front();
}

std::size_t Folding::axis(std::int64_t axis, std::size_t rank) const {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count) node.fail(fmt::format("names axis {} of {}", axis, rank));
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

const Shape& Folding::checked(const Shape& shape) const {
  constexpr std::size_t kMostAxes = 16;
  std::int64_t count = 1;
  bool fits = shape.size() <= kMostAxes;
  for (const std::int64_t extent : shape)
    fits = fits && extent >= 0 && !__builtin_mul_overflow(count, std::max<std::int64_t>(extent, 1), &count);
  if (!fits || count > most_elements)
    node.fail(fmt::format("its result [{}] is larger than the file's constants", fmt::join(shape, ", ")));
  return shape;
}

Array of_kind(Array::Kind kind, const Shape& shape) {
  Array array;
  array.kind = kind;
  array.shape = shape;
  const auto count = static_cast<std::size_t>(element_count(shape));
  if (kind == Array::Kind::real) {
    array.reals.resize(count);
  } else {
    array.integers.resize(count);
  }
  return array;
}

void copy_element(const Array& from, std::int64_t at, Array& to, std::int64_t i) {
  if (from.is_real()) {
    to.reals[static_cast<std::size_t>(i)] = from.reals[static_cast<std::size_t>(at)];
  } else {
    to.integers[static_cast<std::size_t>(i)] = from.integers[static_cast<std::size_t>(at)];
  }
}

Array picked(const Array& from, const Shape& shape, const std::vector<std::int64_t>& steps,
             std::int64_t first) {
  Array result = of_kind(from.kind, shape);
  walk(shape, steps, first, [&](std::int64_t i, std::int64_t at) { copy_element(from, at, result, i); });
  return result;
}

}  // namespace actionflow::onnx
