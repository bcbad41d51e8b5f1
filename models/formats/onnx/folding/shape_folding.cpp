// Constants, shapes, and what changes a constant's shape or type alone.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/formats/onnx/folding/folding.h"

namespace actionflow::onnx {
namespace {

Array constant_of(const Folding& f) {
  for (const auto& [key, attribute] : f.node.attributes) {
    if (const auto* array = std::get_if<Array>(&attribute)) return *array;
    if (const auto* whole = std::get_if<std::int64_t>(&attribute)) return integer_scalar(*whole);
    if (const auto* real = std::get_if<float>(&attribute)) return real_scalar(*real);
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&attribute)) return integer_list(*list);
    if (const auto* reals = std::get_if<std::vector<float>>(&attribute)) {
      Array array = of_kind(Array::Kind::real, {static_cast<std::int64_t>(reals->size())});
      array.reals = *reals;
      return array;
    }
  }
  f.node.fail("holds no constant that is read here");
}

Array constant_of_shape(const Folding& f) {
  const Attribute* attribute = f.node.find("value");
  const Array* value = attribute == nullptr ? nullptr : std::get_if<Array>(attribute);
  if (value != nullptr && value->size() != 1) f.node.fail("its value is not one number");
  const Shape& shape = f.checked(f.integers(0));
  if (value != nullptr) return picked(*value, shape, std::vector<std::int64_t>(shape.size(), 0));
  return of_kind(Array::Kind::real, shape);
}

Array shape_of(const Folding& f) {
  const Shape& shape = f.input(0).shape;
  const auto count = static_cast<std::int64_t>(shape.size());
  const auto within = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + count : at, 0, count);
  };
  const std::int64_t begin = within(f.node.integer("start", 0)), end = within(f.node.integer("end", count));
  if (begin >= end) return integer_list({});
  return integer_list({shape.begin() + begin, shape.begin() + end});
}

Array size_of(const Folding& f) { return integer_scalar(f.input(0).size()); }

Array range(const Folding& f) {
  const std::int64_t start = f.only_integer(0), limit = f.only_integer(1), delta = f.only_integer(2);
  if (delta == 0) f.node.fail("its step is 0");
  std::vector<std::int64_t> values;
  for (std::int64_t at = start; delta > 0 ? at < limit : at > limit;) {
    if (static_cast<std::int64_t>(values.size()) >= f.most_elements) f.checked({f.most_elements + 1});
    values.push_back(at);
    if (__builtin_add_overflow(at, delta, &at)) break;
  }
  return integer_list(std::move(values));
}

Array with_shape(const Folding& f, Shape shape) {
  Array result = f.input(0);
  if (element_count(f.checked(shape)) != result.size())
    f.node.fail(fmt::format("reshapes {} to [{}]", to_string(result.shape), fmt::join(shape, ", ")));
  result.shape = std::move(shape);
  return result;
}

Array reshape_constant(const Folding& f) {
  const Shape& from = f.input(0).shape;
  Shape to = f.integers(1);
  std::int64_t known = 1;
  std::int64_t* open = nullptr;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == 0 && f.node.integer("allowzero", 0) == 0 && i < from.size()) to[i] = from[i];
    if (to[i] == -1 && open == nullptr) {
      open = &to[i];
    } else if (to[i] < 0 || __builtin_mul_overflow(known, to[i], &known)) {
      f.node.fail(fmt::format("reshapes to [{}]", fmt::join(to, ", ")));
    }
  }
  if (open != nullptr) *open = known == 0 ? 0 : f.input(0).size() / known;
  return with_shape(f, std::move(to));
}

std::vector<std::int64_t> named_axes(const Folding& f) {
  return f.optional(1) != nullptr ? f.integers(1) : f.node.integers("axes", {});
}

Array squeeze_constant(const Folding& f) {
  const Shape& from = f.input(0).shape;
  std::vector<bool> out(from.size(), false);
  for (const std::int64_t axis : named_axes(f)) out[f.axis(axis, from.size())] = true;
  const bool named = !named_axes(f).empty();
  Shape to;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (named ? !out[i] : from[i] != 1) to.push_back(from[i]);
  }
  return with_shape(f, std::move(to));
}

Array unsqueeze_constant(const Folding& f) {
  const Shape& from = f.input(0).shape;
  const std::vector<std::int64_t> axes = named_axes(f);
  Shape to(from.size() + axes.size(), 0);
  f.checked(Shape(to.size(), 0));
  for (const std::int64_t axis : axes) to[f.axis(axis, to.size())] = 1;
  std::size_t next = 0;
  for (std::int64_t& extent : to) {
    if (extent == 0) extent = next < from.size() ? from[next++] : 1;
  }
  return with_shape(f, std::move(to));
}

Array flatten_constant(const Folding& f) {
  const Shape& from = f.input(0).shape;
  const auto axis = static_cast<std::size_t>(
      std::clamp<std::int64_t>(f.node.integer("axis", 1), 0, static_cast<std::int64_t>(from.size())));
  Shape to{1, 1};
  for (std::size_t i = 0; i < from.size(); ++i) to[i < axis ? 0 : 1] *= from[i];
  return with_shape(f, std::move(to));
}

Array same_constant(const Folding& f) { return f.input(0); }

Array cast(const Folding& f) {
  constexpr std::int64_t kFloat = 1, kBool = 9, kHalf = 10, kDouble = 11, kBfloat = 16;
  const Array& from = f.input(0);
  const std::int64_t to = f.node.integer("to", kFloat);
  Array::Kind kind = Array::Kind::integer;
  if (to == kFloat || to == kHalf || to == kDouble || to == kBfloat) kind = Array::Kind::real;
  if (to == kBool) kind = Array::Kind::boolean;
  Array result = of_kind(kind, from.shape);
  for (std::size_t i = 0; i < static_cast<std::size_t>(from.size()); ++i) {
    const float real = from.real(static_cast<std::int64_t>(i));
    constexpr float kMost = 9e18F;
    if (kind == Array::Kind::real) {
      result.reals[i] = real;
    } else if (kind == Array::Kind::boolean) {
      result.integers[i] = real != 0 ? 1 : 0;
    } else if (!from.is_real()) {
      result.integers[i] = from.integers[i];
    } else {
      if (!(std::abs(real) < kMost)) f.node.fail("its input has no whole number");
      result.integers[i] = static_cast<std::int64_t>(real);
    }
  }
  return result;
}

}  // namespace

Folders shape_folders() {
  return {{"Constant", constant_of},
          {"ConstantOfShape", constant_of_shape},
          {"Shape", shape_of},
          {"Size", size_of},
          {"Range", range},
          {"Reshape", reshape_constant},
          {"Squeeze", squeeze_constant},
          {"Unsqueeze", unsqueeze_constant},
          {"Flatten", flatten_constant},
          {"Identity", same_constant},
          {"Dropout", same_constant},
          {"Cast", cast}};
}

}  // namespace actionflow::onnx
