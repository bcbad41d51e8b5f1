// Arithmetic on constants, element by element.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/formats/onnx/folding/folding.h"

namespace actionflow::onnx {
namespace {

using Whole = std::int64_t (*)(const Folding& f, std::int64_t a, std::int64_t b);
using Real = float (*)(float a, float b);

// Element by element with repetition; comparisons give booleans.
Array combined(const Folding& f, Whole whole, Real real, bool compares) {
  const Array &a = f.input(0), &b = f.input(1);
  Shape shape;
  if (!broadcast(a.shape, b.shape, shape))
    f.node.fail(fmt::format("joins {} and {}", to_string(a.shape), to_string(b.shape)));
  f.checked(shape);
  const bool reals = a.is_real() || b.is_real();
  if (reals && real == nullptr) f.node.fail("is known for whole numbers only");
  const Array::Kind kind = compares ? Array::Kind::boolean : reals ? Array::Kind::real : Array::Kind::integer;
  Array result = of_kind(kind, shape);
  std::vector<std::int64_t> other(static_cast<std::size_t>(result.size()));
  walk(shape, broadcast_steps(b.shape, shape), 0,
       [&](std::int64_t i, std::int64_t at) { other[static_cast<std::size_t>(i)] = at; });
  walk(shape, broadcast_steps(a.shape, shape), 0, [&](std::int64_t i, std::int64_t at) {
    const auto to = static_cast<std::size_t>(i);
    if (reals) {
      const float value = real(a.real(at), b.real(other[to]));
      if (compares) {
        result.integers[to] = value != 0 ? 1 : 0;
      } else {
        result.reals[to] = value;
      }
    } else {
      result.integers[to] =
          whole(f, a.integers[static_cast<std::size_t>(at)], b.integers[static_cast<std::size_t>(other[to])]);
    }
  });
  return result;
}

[[noreturn]] void overflowed(const Folding& f) { f.node.fail("its whole numbers grow beyond 64 bits"); }

Array add_constants(const Folding& f) {
  return combined(
      f,
      [](const Folding& g, std::int64_t a, std::int64_t b) {
        return __builtin_add_overflow(a, b, &a) ? (overflowed(g), a) : a;
      },
      [](float a, float b) { return a + b; }, false);
}

Array subtract_constants(const Folding& f) {
  return combined(
      f,
      [](const Folding& g, std::int64_t a, std::int64_t b) {
        return __builtin_sub_overflow(a, b, &a) ? (overflowed(g), a) : a;
      },
      [](float a, float b) { return a - b; }, false);
}

Array multiply_constants(const Folding& f) {
  return combined(
      f,
      [](const Folding& g, std::int64_t a, std::int64_t b) {
        return __builtin_mul_overflow(a, b, &a) ? (overflowed(g), a) : a;
      },
      [](float a, float b) { return a * b; }, false);
}

Array divide_constants(const Folding& f) {
  return combined(
      f,
      [](const Folding& g, std::int64_t a, std::int64_t b) {
        if (b == 0 || (b == -1 && a == INT64_MIN)) overflowed(g);
        return a / b;
      },
      [](float a, float b) { return a / b; }, false);
}

Array modulo_constants(const Folding& f) {
  return combined(
      f,
      [](const Folding& g, std::int64_t a, std::int64_t b) -> std::int64_t {
        if (b == 0 || b == -1) return b == 0 ? (overflowed(g), a) : 0;
        const std::int64_t rest = a % b;
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
      },
      nullptr, false);
}

template <bool largest>
Array extreme_constants(const Folding& f) {
  return combined(
      f,
      [](const Folding&, std::int64_t a, std::int64_t b) {
        return largest ? std::max(a, b) : std::min(a, b);
      },
      [](float a, float b) { return largest ? std::max(a, b) : std::min(a, b); }, false);
}

Array power_constants(const Folding& f) {
  return combined(
      f,
      [](const Folding&, std::int64_t a, std::int64_t b) {
        return static_cast<std::int64_t>(
            std::clamp(std::pow(static_cast<double>(a), static_cast<double>(b)), -1e18, 1e18));
      },
      [](float a, float b) { return std::pow(a, b); }, false);
}

Array equal_constants(const Folding& f) {
  return combined(
      f, [](const Folding&, std::int64_t a, std::int64_t b) -> std::int64_t { return a == b ? 1 : 0; },
      [](float a, float b) { return a == b ? 1.0F : 0.0F; }, true);
}

Array less_constants(const Folding& f) {
  return combined(
      f, [](const Folding&, std::int64_t a, std::int64_t b) -> std::int64_t { return a < b ? 1 : 0; },
      [](float a, float b) { return a < b ? 1.0F : 0.0F; }, true);
}

Array greater_constants(const Folding& f) {
  return combined(
      f, [](const Folding&, std::int64_t a, std::int64_t b) -> std::int64_t { return a > b ? 1 : 0; },
      [](float a, float b) { return a > b ? 1.0F : 0.0F; }, true);
}

Array and_constants(const Folding& f) {
  return combined(
      f,
      [](const Folding&, std::int64_t a, std::int64_t b) -> std::int64_t { return a != 0 && b != 0 ? 1 : 0; },
      nullptr, true);
}

Array or_constants(const Folding& f) {
  return combined(
      f,
      [](const Folding&, std::int64_t a, std::int64_t b) -> std::int64_t { return a != 0 || b != 0 ? 1 : 0; },
      nullptr, true);
}

Array not_constant(const Folding& f) {
  Array result = f.input(0);
  f.integers(0);
  for (std::int64_t& value : result.integers) value = value == 0 ? 1 : 0;
  return result;
}

template <float (*function)(float)>
Array mapped_constant(const Folding& f) {
  Array result = of_kind(Array::Kind::real, f.input(0).shape);
  for (std::int64_t i = 0; i < result.size(); ++i)
    result.reals[static_cast<std::size_t>(i)] = function(f.input(0).real(i));
  return result;
}

float root(float v) { return std::sqrt(v); }
float floor_of(float v) { return std::floor(v); }
float ceil_of(float v) { return std::ceil(v); }
float reciprocal(float v) { return 1 / v; }

Array negated_constant(const Folding& f) {
  Array result = f.input(0);
  for (float& value : result.reals) value = -value;
  for (std::int64_t& value : result.integers) {
    if (__builtin_sub_overflow(std::int64_t{0}, value, &value)) overflowed(f);
  }
  return result;
}

Array where(const Folding& f) {
  const Array &condition = f.input(0), &yes = f.input(1), &no = f.input(2);
  Shape both, shape;
  if (condition.is_real() || yes.is_real() != no.is_real() || !broadcast(yes.shape, no.shape, both) ||
      !broadcast(condition.shape, both, shape))
    f.node.fail("chooses between constants that do not fit each other");
  f.checked(shape);
  const auto spread_out = [&](const Array& array) {
    return picked(array, shape, broadcast_steps(array.shape, shape));
  };
  const Array chosen = spread_out(condition), first = spread_out(yes), second = spread_out(no);
  Array result = of_kind(yes.kind, shape);
  for (std::int64_t i = 0; i < result.size(); ++i)
    copy_element(chosen.integers[static_cast<std::size_t>(i)] != 0 ? first : second, i, result, i);
  return result;
}

Array product_of(const Folding& f) {
  std::int64_t product = 1;
  for (const std::int64_t value : f.integers(0)) {
    if (__builtin_mul_overflow(product, value, &product)) overflowed(f);
  }
  return f.node.integer("keepdims", 1) != 0 ? integer_list({product}) : integer_scalar(product);
}

}  // namespace

Folders arithmetic_folders() {
  return {{"Add", add_constants},
          {"Sub", subtract_constants},
          {"Mul", multiply_constants},
          {"Div", divide_constants},
          {"Mod", modulo_constants},
          {"Max", extreme_constants<true>},
          {"Min", extreme_constants<false>},
          {"Pow", power_constants},
          {"Equal", equal_constants},
          {"Less", less_constants},
          {"Greater", greater_constants},
          {"And", and_constants},
          {"Or", or_constants},
          {"Not", not_constant},
          {"Sqrt", mapped_constant<root>},
          {"Floor", mapped_constant<floor_of>},
          {"Ceil", mapped_constant<ceil_of>},
          {"Reciprocal", mapped_constant<reciprocal>},
          {"Neg", negated_constant},
          {"Where", where},
          {"ReduceProd", product_of}};
}

}  // namespace actionflow::onnx
