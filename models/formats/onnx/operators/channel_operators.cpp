// What works along one axis, which becomes the channels: products with matrices, norms, Softmax.
#include <fmt/format.h>

#include <algorithm>

#include "models/formats/onnx/operators/operators.h"
#include "models/formats/onnx/operators/product_operators.h"

namespace actionflow::onnx {
namespace {

// ---- products ----

// Pieces of the last axis in memory's order, where nothing faster lies between or behind them: then reshaping
// alone makes them the channels.
std::optional<std::vector<Piece>> trailing_pieces(const AxisView& view) {
  const std::vector<Piece> memory = in_memory(view);
  const Dim& last = view.dims.back();
  if (memory.size() < last.size()) return std::nullopt;
  std::vector<Piece> trailing(memory.end() - static_cast<std::ptrdiff_t>(last.size()), memory.end());
  for (const Piece& piece : trailing) {
    if (std::find(last.begin(), last.end(), piece) == last.end()) return std::nullopt;
  }
  return trailing;
}

// Columns counted as ONNX does, reordered as memory counts them.
Tensor reordered_columns(const Tensor& kernel, const Dim& from, const std::vector<Piece>& to) {
  Shape shape{kernel.dim(0)};
  std::vector<int> order{0};
  for (const Piece& piece : from) shape.push_back(piece.extent);
  for (const Piece& piece : to)
    order.push_back(1 + static_cast<int>(std::find(from.begin(), from.end(), piece) - from.begin()));
  return Tensor(kernel).reshaped(shape).permuted(order).reshaped({kernel.dim(0), kernel.dim(1)});
}

// Rows are units, columns the values of the last axis.
Value dense(const Use& use, const Value& value, Tensor kernel, const Array* bias, const std::string& weight) {
  Value input = value;
  const std::size_t last = input.view.dims.size() - 1;
  const std::int64_t units = kernel.dim(0);
  if (kernel.dim(1) != input.view.shape().back() || kernel.size() == 0)
    use.node.fail(fmt::format("its matrix {} does not fit {}", to_string(kernel.shape()),
                              to_string(input.view.shape())));
  if (const auto trailing = trailing_pieces(input.view); trailing && *trailing != input.view.dims.back()) {
    kernel = reordered_columns(kernel, input.view.dims.back(), *trailing);
    input.view.dims.back() = *trailing;
  }
  input = along_channels(use, input, last);
  ModelLine line = use.line("dense", weight);
  line.options.emplace_back("units", std::to_string(units));
  if (bias == nullptr) line.options.emplace_back("bias", "false");
  AxisExtents extents = input.extents;
  extents[kChannels] = units;
  AxisView view = input.view;
  view.dims[last] = whole_axis(kChannels, units);
  Value result = use.network.add(std::move(line), {&input}, extents, std::move(view));
  use.network.set_weight(result.layer, "kernel", std::move(kernel));
  if (bias != nullptr) {
    if (bias->size() != units && bias->size() != 1)
      use.node.fail(fmt::format("its bias {} does not fit {} units", to_string(bias->shape), units));
    Tensor values({units});
    for (std::int64_t i = 0; i < units; ++i) values[i] = bias->real(bias->size() == 1 ? 0 : i);
    use.network.set_weight(result.layer, "bias", std::move(values));
  }
  return result;
}

Tensor matrix(const Use& use, std::size_t input, bool transpose) {
  const Array& array = use.required_constant(input);
  if (array.shape.size() != 2)
    use.node.fail(fmt::format("multiplies by {}, expected a matrix", to_string(array.shape)));
  Tensor tensor = to_tensor(array, array.shape);
  return transpose ? tensor.permuted({1, 0}) : tensor;
}

std::vector<Value> gemm(const Use& use) {
  const Value& value = use.value(0);
  if (value.view.dims.size() != 2) use.node.fail("its input is no matrix");
  if (use.node.integer("transA", 0) != 0) use.node.fail("transposes its input, which is not known here");
  Tensor kernel = matrix(use, 1, use.node.integer("transB", 0) == 0);
  const float alpha = use.node.number("alpha", 1), beta = use.node.number("beta", 1);
  for (float& weight : kernel.values()) weight *= alpha;
  const Array* bias = use.constant(2);
  if (bias != nullptr && beta != 1) use.node.fail(fmt::format("its beta is {}, expected 1", beta));
  return {dense(use, value, std::move(kernel), bias, use.node.inputs[1])};
}

std::vector<Value> product(const Use& use) {
  if (use.is_constant(0)) return {multiplied(use, {.constant = use.constant(0)}, {.value = &use.value(1)})};
  const Value& value = use.value(0);
  if (!use.is_constant(1)) return {multiplied(use, {.value = &value}, {.value = &use.value(1)})};
  if (use.constant(1)->shape.size() > 2)
    return {multiplied(use, {.value = &value}, {.constant = use.constant(1)})};
  if (value.view.dims.empty()) use.node.fail("its input is one number");
  return {dense(use, value, matrix(use, 1, true), nullptr, use.node.inputs[1])};
}

// ---- along the channels ----

std::vector<Value> batch_norm(const Use& use) {
  if (use.node.integer("training_mode", 0) != 0)
    use.node.fail("is in training mode: export the network in its evaluation mode");
  const Value& given = use.value(0);
  if (given.view.dims.size() < 2) use.node.fail("its input has no channels");
  use.required_constant(1);
  const Value input = along_channels(use, given, 1);
  const float epsilon = use.node.number("epsilon", 1e-5F), momentum = use.node.number("momentum", 0.9F);
  ModelLine line = use.line("batch_norm", use.node.inputs[1]);
  line.options.emplace_back("epsilon", fmt::format("{}", epsilon));
  line.options.emplace_back("momentum", fmt::format("{}", momentum));
  const Value result = use.network.add(std::move(line), input);
  const std::int64_t channels = input.extents[kChannels];
  std::size_t from = 1;
  for (const char* role : {"gamma", "beta", "moving_mean", "moving_variance"}) {
    const Array& array = use.required_constant(from++);
    if (array.size() != channels)
      use.node.fail(fmt::format("has {} numbers as its input {}, expected one for each of {} channels",
                                array.size(), from - 1, channels));
    use.network.set_weight(result.layer, role, to_tensor(array, {channels}));
  }
  return {result};
}

std::vector<Value> softmax(const Use& use) {
  const Value& value = use.value(0);
  const std::size_t axis = use.axis(use.node.integer("axis", -1), value.view.dims.size());
  const Value input = along_channels(use, value, axis);
  return {activated(use, input, "softmax")};
}

}  // namespace

Operators channel_operators() {
  return {{"Gemm", gemm}, {"MatMul", product}, {"BatchNormalization", batch_norm}, {"Softmax", softmax}};
}

}  // namespace actionflow::onnx
