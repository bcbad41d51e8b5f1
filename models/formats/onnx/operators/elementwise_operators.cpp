// Sums and products of values with each other and with constants.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

enum class Join { add, multiply, maximum };

const char* layer_of(Join join) {
  switch (join) {
    case Join::add:
      return "add";
    case Join::multiply:
      return "multiply";
    default:
      return "maximum";
  }
}

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
  const bool norm = line.layer == "batch_norm";
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

// Missing axes in front have extent 1.
AxisView with_rank(const AxisView& view, std::size_t rank) {
  AxisView result;
  result.dims.resize(rank - view.dims.size());
  result.dims.insert(result.dims.end(), view.dims.begin(), view.dims.end());
  return result;
}

// Whether axes repeat whole axes of ours or none, and the others lie alike.
bool lie_alike(const Value& a, const Value& b) {
  for (std::size_t i = 0; i < a.view.dims.size(); ++i) {
    const Dim &one_dim = a.view.dims[i], &other = b.view.dims[i];
    if (!one_dim.empty() && !other.empty() && one_dim != other) return false;
  }
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    if (a.extents[axis] != b.extents[axis] && a.extents[axis] != 1 && b.extents[axis] != 1) return false;
  }
  return true;
}

// Every axis of ONNX that is more than 1 in either along one of ours.
Placement common_placement(const Use& use, const Value& a, const Value& b) {
  AxisView both = a.view;
  for (std::size_t i = 0; i < both.dims.size(); ++i) {
    if (both.dims[i].empty()) both.dims[i] = b.view.dims[i];
  }
  std::size_t channels = both.dims.size() - 1;
  for (std::size_t i = 0; i < both.dims.size(); ++i) {
    if (!both.dims[i].empty() && both.dims[i].front().axis == kChannels) channels = i;
  }
  const Placement placement = with_channels(both, a.extents, channels);
  if (placement[kTime].size() > 1) use.node.fail("joins values of more than four axes that lie differently");
  return placement;
}

Value joined(const Use& use, Join join, Value a, Value b) {
  const std::size_t rank = std::max(a.view.dims.size(), b.view.dims.size());
  a.view = with_rank(a.view, rank);
  b.view = with_rank(b.view, rank);
  Shape shape;
  if (!broadcast(a.view.shape(), b.view.shape(), shape))
    use.node.fail(fmt::format("joins {} and {}", to_string(a.view.shape()), to_string(b.view.shape())));
  if (!lie_alike(a, b)) {
    const Placement placement = common_placement(use, a, b);
    a = use.network.arranged(a, placement, use.node);
    b = use.network.arranged(b, placement, use.node);
  }
  AxisExtents extents{};
  for (std::size_t axis = 0; axis < kAxes; ++axis) extents[axis] = std::max(a.extents[axis], b.extents[axis]);
  AxisView view = a.view;
  for (std::size_t i = 0; i < rank; ++i) {
    if (view.dims[i].empty()) view.dims[i] = b.view.dims[i];
  }
  return use.network.add(use.line(layer_of(join)), {&a, &b}, extents, std::move(view));
}

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
  Value result = use.value(0);
  for (std::size_t i = 1; i < use.inputs.size(); ++i) result = joined(use, join, result, use.value(i));
  return result;
}

// ---- a value and a constant ----

Value with_constant(const Use& use, const Value& value, Tensor scale, Tensor shift) {
  if (is_all(scale, 1) && is_all(shift, 0)) return value;
  return scale_and_shift(use, value, scale, shift);
}

// The constant and the value of a node that has one of each.
struct Pair {
  const Value& value;
  Tensor constant;
  bool constant_first;
};

Pair pair_of(const Use& use) {
  const bool first = use.is_constant(0);
  const Value& value = use.value(first ? 1 : 0);
  return {value, spread(use, use.required_constant(first ? 0 : 1), value), first};
}

bool has_constant(const Use& use) { return use.is_constant(0) || use.is_constant(1); }

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
  if (!has_constant(use)) return {joined(use, Join::add, use.value(0), use.value(1))};
  Pair pair = pair_of(use);
  if (pair.constant.dim(0) != pair.constant.size()) return {embedded(use, pair.value, pair.constant)};
  return {with_constant(use, pair.value, one_number(1), std::move(pair.constant))};
}

std::vector<Value> subtract(const Use& use) {
  const auto negative = [](float v) { return -v; };
  if (!has_constant(use)) {
    const Value minus = scale_and_shift(use, use.value(1), one_number(-1), one_number(0));
    return {joined(use, Join::add, use.value(0), minus)};
  }
  Pair pair = pair_of(use);
  if (pair.constant_first) return {with_constant(use, pair.value, one_number(-1), std::move(pair.constant))};
  return {with_constant(use, pair.value, one_number(1), mapped(pair.constant, negative))};
}

// An attention's first product, times a number.
std::optional<Value> scaled_scores(const Use& use, bool divides) {
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const Value* scores = use.scores(i);
    if (scores == nullptr) continue;
    const Array& factor = use.required_constant(1 - i);
    if (factor.size() != 1 || scores->scores->softmaxed || (divides && i != 0))
      use.node.fail("changes the scores of an attention by more than a factor, which is not known here");
    Scores changed = *scores->scores;
    changed.scale *= divides ? 1 / factor.real(0) : factor.real(0);
    Value result = *scores;
    result.scores = std::make_shared<const Scores>(std::move(changed));
    return result;
  }
  return std::nullopt;
}

std::vector<Value> multiply(const Use& use) {
  if (auto scores = scaled_scores(use, false)) return {*std::move(scores)};
  if (has_constant(use)) {
    Pair pair = pair_of(use);
    return {with_constant(use, pair.value, std::move(pair.constant), one_number(0))};
  }
  for (const auto& [x, gate] : {std::pair<std::size_t, std::size_t>{0, 1}, {1, 0}}) {
    if (auto result = gated_by_itself(use, use.value(x), use.value(gate))) return {*std::move(result)};
  }
  return {joined(use, Join::multiply, use.value(0), use.value(1))};
}

std::vector<Value> divide(const Use& use) {
  if (auto scores = scaled_scores(use, true)) return {*std::move(scores)};
  if (!use.is_constant(1)) use.node.fail("divides by a computed value, which is not known here");
  Pair pair = pair_of(use);
  return {
      with_constant(use, pair.value, mapped(pair.constant, [](float v) { return 1 / v; }), one_number(0))};
}

std::vector<Value> negate(const Use& use) {
  return {scale_and_shift(use, use.value(0), one_number(-1), one_number(0))};
}

// max(x, c) = relu(x − c) + c
std::vector<Value> maximum(const Use& use) {
  if (use.inputs.size() == 2 && has_constant(use)) {
    Pair pair = pair_of(use);
    const Value moved =
        with_constant(use, pair.value, one_number(1), mapped(pair.constant, [](float v) { return -v; }));
    return {with_constant(use, activated(use, moved, "relu"), one_number(1), std::move(pair.constant))};
  }
  return {joined_all(use, Join::maximum)};
}

// min(x, c) = c − relu(c − x), and −max(−a, −b, …)
std::vector<Value> minimum(const Use& use) {
  if (use.inputs.size() == 2 && has_constant(use)) {
    Pair pair = pair_of(use);
    const Value moved = scale_and_shift(use, pair.value, one_number(-1), pair.constant);
    return {scale_and_shift(use, activated(use, moved, "relu"), one_number(-1), pair.constant)};
  }
  const auto negated = [&](std::size_t i) {
    return scale_and_shift(use, use.value(i), one_number(-1), one_number(0));
  };
  Value result = negated(0);
  for (std::size_t i = 1; i < use.inputs.size(); ++i) result = joined(use, Join::maximum, result, negated(i));
  return {scale_and_shift(use, result, one_number(-1), one_number(0))};
}

std::vector<Value> sum(const Use& use) { return {joined_all(use, Join::add)}; }

}  // namespace

Tensor spread(const Use& use, const Array& constant, const Value& value) {
  const Shape shape = value.view.shape();
  Shape result;
  if (!broadcast(constant.shape, shape, result) || result != shape)
    use.node.fail(
        fmt::format("its constant {} does not fit {}", to_string(constant.shape), to_string(shape)));
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
    use.node.fail("its constant repeats inside an axis, which is not known here");
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
  constexpr float kEpsilon = 1e-3F;  // the layer's own
  constexpr std::int64_t kMostChannels = 1 << 20;
  if (channels > kMostChannels) use.node.fail(fmt::format("scales {} channels", channels));
  Value result = use.network.add(use.line("batch_norm"), value);
  Tensor gamma({channels}), beta({channels}), mean({channels}), variance({channels});
  std::fill_n(gamma.data(), channels, 1.0F);
  std::fill_n(variance.data(), channels, 1 - kEpsilon);
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
