// Sums and products of values with each other and with constants.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

// rows[i] × scale[i] (or scale[0]) along the first axis.
void scale_rows(Tensor& rows, const Tensor& scale) {
  const std::int64_t count = rows.dim(0), each = rows.size() / count;
  for (std::int64_t i = 0; i < rows.size(); ++i) rows[i] *= scale[scale.size() == 1 ? 0 : i / each];
}

void shift_rows(Tensor& rows, const Tensor& shift) {
  for (std::int64_t i = 0; i < rows.size(); ++i) rows[i] += shift[shift.size() == 1 ? 0 : i];
}

bool is_all(const Tensor& tensor, float value) {
  const auto values = tensor.values();
  return std::all_of(values.begin(), values.end(), [&](float v) { return v == value; });
}

void absorb(NetworkWriter& network, ModelLine& line, std::int64_t channels, const Tensor& scale,
            const Tensor& shift) {
  const bool norm = line.layer == "batch_norm" || line.layer == "layer_norm";
  const char* bias_role = norm ? "beta" : "bias";
  if (Tensor* rows = network.find_weight(line.name, norm ? "gamma" : "kernel")) scale_rows(*rows, scale);
  Tensor* bias = network.find_weight(line.name, bias_role);
  if (bias == nullptr) {
    std::erase_if(line.options, [](const auto& option) { return option.first == "bias"; });
    network.set_weight(line.name, bias_role, Tensor({channels}));
    bias = network.find_weight(line.name, bias_role);
  }
  scale_rows(*bias, scale);
  shift_rows(*bias, shift);
}

Tensor mapped(const Tensor& from, float (*function)(float)) {
  Tensor result = from;
  for (float& value : result.values()) value = function(value);
  return result;
}

// ---- two values ----

// x·sigmoid(x) and x·hard_sigmoid(x) are layers of their own.
std::optional<Value> gated_by_itself(const Use& use, const Value& x, const Value& gate) {
  ModelLine* line = use.network.own_line(gate);
  if (line == nullptr || line->from != std::vector<std::string>{x.layer} || gate.view != x.view)
    return std::nullopt;
  if (line->layer == "sigmoid") {
    line->layer = "silu";
    return gate;
  }
  if (line->layer != "hard_sigmoid" || line->options.empty()) return std::nullopt;
  if (std::abs(std::strtof(line->options.front().second.c_str(), nullptr) - 1.0F / 6) > 1e-6F)
    return std::nullopt;
  line->layer = "hard_swish";
  line->options.clear();
  return gate;
}

Value joined_all(const Use& use, Join join) {
  Value result = any_value(use, 0);
  for (std::size_t i = 1; i < use.inputs.size(); ++i) result = joined(use, join, result, any_value(use, i));
  return result;
}

// ---- a value and a constant ----

Value with_constant(const Use& use, const Value& value, Tensor scale, Tensor shift) {
  if (is_all(scale, 1) && is_all(shift, 0)) return value;
  return scale_and_shift(use, value, scale, shift);
}

// The constant, spread over the value, and the value of a node that has one of each.
struct Pair {
  const Value& value;
  Tensor constant;
  bool constant_first;
};

// Nothing where the constant is a value like others: it repeats the value, or itself within an axis.
std::optional<Pair> pair_of(const Use& use) {
  if (!use.is_constant(0) && !use.is_constant(1)) return std::nullopt;
  const bool first = use.is_constant(0);
  const Value& value = use.value(first ? 1 : 0);
  auto constant = spread(use.required_constant(first ? 0 : 1), value);
  if (!constant) return std::nullopt;
  return Pair{value, *std::move(constant), first};
}

bool is_a_channel(const Tensor& constant) { return constant.dim(0) == constant.size(); }

// A number of its own at each position.
Value embedded(const Use& use, const Value& value, const Tensor& shift) {
  const std::int64_t channels = value.extents[kChannels];
  ModelLine line = use.line("position_embedding");
  std::vector<std::string_view> over, all;
  for (const auto& [axis, at, name] : {std::tuple{kTime, 1, "t"}, {kHeight, 2, "h"}, {kWidth, 3, "w"}}) {
    if (value.extents[static_cast<std::size_t>(axis)] > 1) all.emplace_back(name);
    if (shift.dim(at) > 1) over.emplace_back(name);
  }
  if (over != all) line.options.emplace_back("over", fmt::format("[{}]", fmt::join(over, ", ")));
  const Value result = use.network.add(std::move(line), value);
  Tensor embedding({shift.dim(1), shift.dim(2), shift.dim(3), channels});
  const std::int64_t positions = embedding.size() / channels;
  for (std::int64_t i = 0; i < embedding.size(); ++i)
    embedding[i] = shift[(shift.dim(0) == 1 ? 0 : i % channels) * positions + i / channels];
  use.network.set_weight(result.layer, "embedding", std::move(embedding));
  return result;
}

std::vector<Value> add(const Use& use) {
  if (auto pair = pair_of(use)) {
    if (!is_a_channel(pair->constant)) return {embedded(use, pair->value, pair->constant)};
    return {with_constant(use, pair->value, one_number(1), std::move(pair->constant))};
  }
  return {joined(use, Join::add, any_value(use, 0), any_value(use, 1))};
}

std::vector<Value> subtract(const Use& use) {
  const auto negative = [](float v) { return -v; };
  if (auto pair = pair_of(use); pair && is_a_channel(pair->constant)) {
    if (pair->constant_first)
      return {with_constant(use, pair->value, one_number(-1), std::move(pair->constant))};
    return {with_constant(use, pair->value, one_number(1), mapped(pair->constant, negative))};
  }
  const Value minus = scale_and_shift(use, any_value(use, 1), one_number(-1), one_number(0));
  return {joined(use, Join::add, any_value(use, 0), minus)};
}

std::vector<Value> multiply(const Use& use) {
  if (auto pair = pair_of(use); pair && is_a_channel(pair->constant))
    return {with_constant(use, pair->value, std::move(pair->constant), one_number(0))};
  if (use.is_constant(0) || use.is_constant(1))
    return {joined(use, Join::multiply, any_value(use, 0), any_value(use, 1))};
  for (const auto& [x, gate] : {std::pair<std::size_t, std::size_t>{0, 1}, {1, 0}}) {
    if (auto result = gated_by_itself(use, use.value(x), use.value(gate))) return {*std::move(result)};
  }
  return {joined(use, Join::multiply, use.value(0), use.value(1))};
}

std::vector<Value> divide(const Use& use) {
  if (!use.is_constant(1)) use.node.fail("divides by a computed value, which is not known here");
  const auto inverse = [](float v) { return 1 / v; };
  if (auto pair = pair_of(use); pair && is_a_channel(pair->constant))
    return {with_constant(use, pair->value, mapped(pair->constant, inverse), one_number(0))};
  Array factors = use.required_constant(1);
  factors.kind = Array::Kind::real;
  factors.reals.resize(static_cast<std::size_t>(factors.size()));
  for (std::int64_t i = 0; i < factors.size(); ++i)
    factors.reals[static_cast<std::size_t>(i)] = 1 / use.required_constant(1).real(i);
  return {joined(use, Join::multiply, use.value(0), constant_value(use, factors))};
}

std::vector<Value> negate(const Use& use) {
  return {scale_and_shift(use, use.value(0), one_number(-1), one_number(0))};
}

// max(x, c) = relu(x − c) + c
std::vector<Value> maximum(const Use& use) {
  if (use.inputs.size() == 2) {
    if (auto pair = pair_of(use); pair && is_a_channel(pair->constant)) {
      const Tensor below = mapped(pair->constant, [](float v) { return -v; });
      const Value moved = with_constant(use, pair->value, one_number(1), below);
      return {with_constant(use, activated(use, moved, "relu"), one_number(1), std::move(pair->constant))};
    }
  }
  return {joined_all(use, Join::maximum)};
}

// min(x, c) = c − relu(c − x), and −max(−a, −b, …)
std::vector<Value> minimum(const Use& use) {
  if (use.inputs.size() == 2) {
    if (auto pair = pair_of(use); pair && is_a_channel(pair->constant)) {
      const Value moved = scale_and_shift(use, pair->value, one_number(-1), pair->constant);
      return {scale_and_shift(use, activated(use, moved, "relu"), one_number(-1), pair->constant)};
    }
  }
  const auto negated = [&](std::size_t i) {
    return scale_and_shift(use, any_value(use, i), one_number(-1), one_number(0));
  };
  Value result = negated(0);
  for (std::size_t i = 1; i < use.inputs.size(); ++i) result = joined(use, Join::maximum, result, negated(i));
  return {scale_and_shift(use, result, one_number(-1), one_number(0))};
}

std::vector<Value> sum(const Use& use) { return {joined_all(use, Join::add)}; }

}  // namespace

std::optional<Tensor> spread(const Array& constant, const Value& value) {
  const Shape shape = value.view.shape();
  Shape result;
  if (!broadcast(constant.shape, shape, result) || result != shape) return std::nullopt;
  const std::vector<std::int64_t> steps = broadcast_steps(constant.shape, shape);
  AxisExtents extents{1, 1, 1, 1};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (steps[i] == 0) continue;
    for (const Piece& piece : value.view.dims[i]) {
      const auto axis = static_cast<std::size_t>(piece.axis);
      extents[axis] = value.extents[axis];
    }
  }
  constexpr std::int64_t kMost = 1 << 22;
  if (std::max<std::int64_t>(kMost, constant.size()) <
      extents[kChannels] * extents[kTime] * extents[kHeight] * extents[kWidth])
    return std::nullopt;
  Tensor tensor({extents[kChannels], extents[kTime], extents[kHeight], extents[kWidth]});
  AxisExtents at{};
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    std::int64_t rest = i;
    for (const int axis : {kWidth, kHeight, kTime, kChannels}) {
      at[static_cast<std::size_t>(axis)] = rest % extents[static_cast<std::size_t>(axis)];
      rest /= extents[static_cast<std::size_t>(axis)];
    }
    std::int64_t offset = 0;
    for (std::size_t dim = 0; dim < shape.size(); ++dim) {
      std::int64_t index = 0;
      for (const Piece& piece : value.view.dims[dim])
        index = index * piece.extent + at[static_cast<std::size_t>(piece.axis)] / piece.stride % piece.extent;
      offset += index * steps[dim];
    }
    tensor[i] = constant.real(offset);
  }
  return tensor;
}

Value scale_and_shift(const Use& use, const Value& value, const Tensor& scale, const Tensor& shift) {
  const std::int64_t channels = value.extents[kChannels];
  for (const Tensor* tensor : {&scale, &shift}) {
    if (tensor->dim(0) != tensor->size())
      use.node.fail(
          "its constant differs from place to place, which is not known here: expected a number a "
          "channel, or one");
  }
  if (ModelLine* line = use.network.own_line(value); line != nullptr && can_hold_scale(*line)) {
    absorb(use.network, *line, channels, scale, shift);
    return value;
  }
  constexpr std::int64_t kMostChannels = 1 << 20;
  if (channels > kMostChannels) use.node.fail(fmt::format("scales {} channels", channels));
  Value result = use.network.add(use.line("batch_norm"), value);
  Tensor gamma({channels}), beta({channels}), mean({channels}), variance({channels});
  std::fill_n(gamma.data(), channels, 1.0F);
  std::fill_n(variance.data(), channels, 1 - kScaleEpsilon);
  scale_rows(gamma, scale);
  shift_rows(beta, shift);
  use.network.set_weight(result.layer, "gamma", std::move(gamma));
  use.network.set_weight(result.layer, "beta", std::move(beta));
  use.network.set_weight(result.layer, "moving_mean", std::move(mean));
  use.network.set_weight(result.layer, "moving_variance", std::move(variance));
  return result;
}

Operators elementwise_operators() {
  return {{"Add", add},    {"Sub", subtract}, {"Mul", multiply}, {"Div", divide},
          {"Neg", negate}, {"Max", maximum},  {"Min", minimum},  {"Sum", sum}};
}

}  // namespace actionflow::onnx
