#include "models/formats/onnx/writing/operation_writer.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <map>

#include "base/error.h"

namespace actionflow::onnx {
namespace {

using Integers = std::vector<std::int64_t>;

const Integers kToChannelsLast{0, 2, 3, 4, 1}, kToChannelsFirst{0, 4, 1, 2, 3};

Integers widened_axes(const Axes& axes) { return {axes[0], axes[1], axes[2]}; }

Integers both_ends(const Axes& begin, const Axes& end) {
  return {begin[0], begin[1], begin[2], end[0], end[1], end[2]};
}

// "conv1.kernel" to "conv1.weight".
std::string foreign_name(const std::string& name) {
  static const std::map<std::string, std::string> kRoles{{"kernel", "weight"},
                                                         {"gamma", "weight"},
                                                         {"beta", "bias"},
                                                         {"moving_mean", "running_mean"},
                                                         {"moving_variance", "running_var"},
                                                         {"alpha", "weight"}};
  const std::size_t dot = name.rfind('.');
  const auto role = kRoles.find(name.substr(dot + 1));
  return role == kRoles.end() ? name : name.substr(0, dot + 1) + role->second;
}

Tensor filled(std::int64_t count, float value) {
  Tensor tensor({count});
  for (float& one : tensor.values()) one = value;
  return tensor;
}

}  // namespace

std::int64_t onnx_axis(ValueAxis axis) {
  switch (axis) {
    case ValueAxis::t:
      return 2;
    case ValueAxis::h:
      return 3;
    case ValueAxis::w:
      return 4;
    case ValueAxis::c:
      return 1;
  }
  return 1;
}

std::string activation_name(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::sigmoid:
      return "Sigmoid";
    case ActivationKind::hard_sigmoid:
      return "HardSigmoid";
    case ActivationKind::relu:
      return "Relu";
    case ActivationKind::tanh:
      return "Tanh";
    case ActivationKind::leaky_relu:
      return "LeakyRelu";
    case ActivationKind::elu:
      return "Elu";
    case ActivationKind::selu:
      return "Selu";
    case ActivationKind::softplus:
      return "Softplus";
    case ActivationKind::softsign:
      return "Softsign";
    case ActivationKind::exponential:
      return "Exp";
    case ActivationKind::hard_swish:
      return "HardSwish";
    case ActivationKind::softmax:
      return "Softmax";
    default:
      return {};
  }
}

void OperationWriter::refuse(const GraphNode& node) {
  throw ModelError(fmt::format("layer '{}' cannot be written as ONNX", node.name));
}

OperationWriter::Written OperationWriter::written(int value) const {
  if (value < 0) return {.name = input_name(), .flat = false, .extents = graph_->input};
  return values_[static_cast<std::size_t>(value)];
}

std::string OperationWriter::five_axes(const Written& value) {
  if (!value.flat) return value.name;
  return out_.add("Reshape", {value.name, out_.integers({0, value.extents.c, 1, 1, 1})},
                  value.name + "/positions");
}

std::string OperationWriter::two_axes(const Written& value) {
  if (value.flat) return value.name;
  return out_.add("Flatten", {value.name}, value.name + "/flat");
}

std::string OperationWriter::channels_last(const Written& value, const std::string& name) {
  const std::string last = out_.add("Transpose", {five_axes(value)}, name + "/channels_last");
  out_.set("perm", kToChannelsLast);
  return last;
}

std::string OperationWriter::channels_first(const std::string& value, const std::string& name) {
  const std::string first = out_.add("Transpose", {value}, name);
  out_.set("perm", kToChannelsFirst);
  return first;
}

void OperationWriter::write(const Graph& graph, int node) {
  graph_ = &graph;
  const GraphNode& one = graph.nodes[static_cast<std::size_t>(node)];
  Written result{.name = one.name, .flat = false, .extents = one.extents};
  std::visit([&](const auto& operation) { emit(operation, one, result); }, one.operation);
  values_.push_back(std::move(result));
}

std::string OperationWriter::finish(int value, bool flat) {
  const Written result = written(value);
  return flat ? two_axes(result) : five_axes(result);
}

const Tensor* OperationWriter::find_weight(const GraphNode& node, const std::string& role) const {
  for (const Parameter& parameter : node.parameters) {
    if (parameter.role == role) return &weights_.tensors.at(parameter.name);
  }
  return nullptr;
}

std::string OperationWriter::weight(const GraphNode& node, const std::string& role, const Shape& shape) {
  for (const Parameter& parameter : node.parameters) {
    if (parameter.role == role)
      return out_.weight(foreign_name(parameter.name), weights_.tensors.at(parameter.name), shape);
  }
  refuse(node);
}

std::string OperationWriter::repeated_weight(const GraphNode& node, const std::string& role, int times) {
  const Tensor& once = *find_weight(node, role);
  if (times == 1) return weight(node, role, once.shape());
  Shape shape = once.shape();
  shape[0] *= times;
  Tensor all(shape);
  for (std::int64_t i = 0; i < all.size(); ++i) all[i] = once[i % once.size()];
  return out_.weight(fmt::format("{}.{}", node.name, role), all, shape);
}

std::string OperationWriter::weight_or(const GraphNode& node, const std::string& role, const Shape& shape,
                                       float otherwise) {
  if (find_weight(node, role) != nullptr) return weight(node, role, shape);
  return out_.weight(foreign_name(node.name + "." + role), filled(element_count(shape), otherwise), shape);
}

// ---- windows and reductions ----

void OperationWriter::emit(const Convolution& operation, const GraphNode& node, Written& result) {
  const std::string input = five_axes(written(node.inputs.front()));
  std::vector<std::string> inputs{input, repeated_weight(node, "kernel", operation.repeats)};
  if (operation.bias) inputs.push_back(repeated_weight(node, "bias", operation.repeats));
  result.name = out_.add("Conv", inputs, node.name);
  out_.set("kernel_shape", widened_axes(operation.kernel));
  out_.set("strides", widened_axes(operation.stride));
  out_.set("dilations", widened_axes(operation.dilation));
  out_.set("pads", both_ends(operation.pad_begin, operation.pad_end));
  out_.set("group", std::int64_t{operation.groups});
}

void OperationWriter::emit(const Pooling& operation, const GraphNode& node, Written& result) {
  const bool max = operation.kind == Pooling::Kind::max;
  const std::string input = five_axes(written(node.inputs.front()));
  result.name = out_.add(max ? "MaxPool" : "AveragePool", {input}, node.name);
  out_.set("kernel_shape", widened_axes(operation.kernel));
  out_.set("strides", widened_axes(operation.stride));
  out_.set("pads", both_ends(operation.pad_begin, operation.pad_end));
  if (!max) out_.set("count_include_pad", std::int64_t{operation.count_padding ? 1 : 0});
}

void OperationWriter::emit(const Reduction& operation, const GraphNode& node, Written& result) {
  const std::string input = five_axes(written(node.inputs.front()));
  const bool max = operation.kind == Reduction::Kind::max;
  Integers axes;
  if (operation.time) axes.push_back(2);
  if (operation.space) axes.insert(axes.end(), {3, 4});
  result.name = out_.add(max ? "ReduceMax" : "ReduceMean", {input}, node.name);
  out_.set("axes", axes);
  out_.set("keepdims", std::int64_t{1});
}

// ---- channel by channel ----

void OperationWriter::emit(const BatchNorm& operation, const GraphNode& node, Written& result) {
  const Written input = written(node.inputs.front());
  const Shape channels{node.extents.c};
  const std::vector<std::string> inputs{
      input.name, weight_or(node, "gamma", channels, 1), weight_or(node, "beta", channels, 0),
      weight(node, "moving_mean", channels), weight(node, "moving_variance", channels)};
  result.name = out_.add("BatchNormalization", inputs, node.name);
  result.flat = input.flat;
  out_.set("epsilon", operation.epsilon);
  out_.set("momentum", operation.momentum);
}

void OperationWriter::emit(const Activation& operation, const GraphNode& node, Written& result) {
  const Written input = written(node.inputs.front());
  result.flat = input.flat;
  if (operation.kind == ActivationKind::silu) {
    const std::string gate = out_.add("Sigmoid", {input.name}, node.name + "/gate");
    result.name = out_.add("Mul", {input.name, gate}, node.name);
    return;
  }
  if (operation.kind == ActivationKind::gelu || operation.kind == ActivationKind::gelu_tanh)
    return gelu(input.name, operation.kind == ActivationKind::gelu_tanh, node, result);
  if (operation.kind == ActivationKind::mish) {  // an operator from opset 18 on
    const std::string positive = out_.add("Softplus", {input.name}, node.name + "/softplus");
    const std::string gate = out_.add("Tanh", {positive}, node.name + "/gate");
    result.name = out_.add("Mul", {input.name, gate}, node.name);
    return;
  }
  if (operation.kind == ActivationKind::clip) {
    const auto bound = [&](const char* name, float value) {
      return out_.weight(node.name + "." + name, filled(1, value), {});
    };
    const std::string low = bound("low", operation.low), high = bound("high", operation.high);
    result.name = out_.add("Clip", {input.name, low, high}, node.name);
    return;
  }
  std::string op = activation_name(operation.kind);
  if (operation.kind == ActivationKind::leaky_relu && operation.low != 0) {
    if (operation.slope != 0) refuse(node);
    op = "ThresholdedRelu";
  }
  result.name = out_.add(op, {input.name}, node.name);
  if (operation.kind == ActivationKind::softmax) out_.set("axis", std::int64_t{1});
  if (op == "ThresholdedRelu") out_.set("alpha", operation.low);
  if (op == "LeakyRelu") out_.set("alpha", operation.slope);
  if (op == "Elu") out_.set("alpha", operation.alpha);
  if (operation.kind == ActivationKind::hard_sigmoid) {
    out_.set("alpha", operation.slope);
    out_.set("beta", 0.5F);
  }
}

void OperationWriter::emit(const PRelu&, const GraphNode& node, Written& result) {
  const Written input = written(node.inputs.front());
  const std::int64_t count = find_weight(node, "alpha")->size();
  result.flat = input.flat;
  result.name = out_.add(
      "PRelu", {input.name, weight(node, "alpha", input.flat ? Shape{count} : Shape{count, 1, 1, 1})},
      node.name);
}

void OperationWriter::emit(const Dropout&, const GraphNode& node, Written& result) {
  result = written(node.inputs.front());
}

// A Gemm for vectors; at each position a MatMul with the channels last.
void OperationWriter::emit(const Dense& operation, const GraphNode& node, Written& result) {
  const Written input = written(node.inputs.front());
  const Tensor& kernel = *find_weight(node, "kernel");
  if (input.extents.positions() == 1) {
    std::vector<std::string> inputs{two_axes(input), weight(node, "kernel", kernel.shape())};
    if (operation.bias) inputs.push_back(weight(node, "bias", {operation.units}));
    result.name = out_.add("Gemm", inputs, node.name);
    result.flat = true;
    out_.set("transB", std::int64_t{1});
    return;
  }
  const std::string last = channels_last(input, node.name);
  const Tensor turned = kernel.permuted({1, 0});
  std::string product = out_.add("MatMul", {last, out_.weight(node.name + ".weight", turned, turned.shape())},
                                 node.name + "/product");
  if (operation.bias)
    product = out_.add("Add", {product, weight(node, "bias", {operation.units})}, node.name + "/sum");
  result.name = channels_first(product, node.name);
}

// ---- layouts ----

// Ours count T, H, W, C.
void OperationWriter::emit(const Reshape& operation, const GraphNode& node, Written& result) {
  const Written input = written(node.inputs.front());
  std::string value = input.name;
  const bool moves = input.extents.positions() != 1;
  if (moves) {
    value = out_.add("Transpose", {value}, node.name + "/channels_last");
    out_.set("perm", kToChannelsLast);
  }
  const Extents& to = operation.to;
  if (to.positions() == 1) {
    result.name = input.flat ? value : out_.add("Flatten", {value}, node.name);
    result.flat = true;
    return;
  }
  value = out_.add("Reshape", {value, out_.integers({0, to.t, to.h, to.w, to.c})}, node.name + "/reshaped");
  result.name = out_.add("Transpose", {value}, node.name);
  out_.set("perm", kToChannelsFirst);
}

void OperationWriter::emit(const Permute& operation, const GraphNode& node, Written& result) {
  constexpr std::array<std::int64_t, 4> kAxisOf{2, 3, 4, 1};  // of time, height, width and channels
  Integers order{0, 0, 0, 0, 0};
  for (std::size_t i = 0; i < 4; ++i)
    order[static_cast<std::size_t>(kAxisOf[i])] = kAxisOf[static_cast<std::size_t>(operation.order[i])];
  result.name = out_.add("Transpose", {five_axes(written(node.inputs.front()))}, node.name);
  out_.set("perm", order);
}

void OperationWriter::emit(const Slice& operation, const GraphNode& node, Written& result) {
  const std::int64_t end = operation.begin + operation.count;
  result.name = out_.add("Slice",
                         {five_axes(written(node.inputs.front())), out_.integers({operation.begin}),
                          out_.integers({end}), out_.integers({onnx_axis(operation.axis)})},
                         node.name);
}

void OperationWriter::emit(const SelectFrames& operation, const GraphNode& node, Written& result) {
  const Integers frames(operation.frames.begin(), operation.frames.end());
  result.name =
      out_.add("Gather", {five_axes(written(node.inputs.front())), out_.integers(frames)}, node.name);
  out_.set("axis", onnx_axis(ValueAxis::t));
}

// ---- several inputs ----

void OperationWriter::elementwise(const std::vector<Written>& inputs, const std::string& op,
                                  Written& result) {
  bool flat = true;
  for (const Written& input : inputs) flat = flat && input.flat;
  std::vector<std::string> names;
  for (const Written& input : inputs) names.push_back(flat ? input.name : five_axes(input));
  result.flat = flat;
  const std::string name = result.name;
  result.name = names.front();
  for (std::size_t i = 1; i < names.size(); ++i)
    result.name =
        out_.add(op, {result.name, names[i]}, i + 1 == names.size() ? name : fmt::format("{}/{}", name, i));
}

void OperationWriter::emit(const Elementwise& operation, const GraphNode& node, Written& result) {
  std::vector<Written> inputs;
  for (const int input : node.inputs) inputs.push_back(written(input));
  const bool scaled = operation.scale != 1;
  if (scaled) result.name += "/unscaled";
  const char* op = operation.kind == Elementwise::Kind::add        ? "Add"
                   : operation.kind == Elementwise::Kind::multiply ? "Mul"
                                                                   : "Max";
  elementwise(inputs, op, result);
  if (scaled)
    result.name = out_.add(
        "Mul", {result.name, out_.weight(node.name + ".scale", filled(1, operation.scale), {1})}, node.name);
}

// Extents of 1 along other axes than the joined one, and channels, are repeated.
std::string OperationWriter::spread_beside(const Written& value, ValueAxis axis, const GraphNode& node) {
  Integers shape{1, 1, 1, 1, 1};
  bool spread = false;
  for (const ValueAxis other : {ValueAxis::t, ValueAxis::h, ValueAxis::w}) {
    if (other == axis || along(value.extents, other) == along(node.extents, other)) continue;
    shape[static_cast<std::size_t>(onnx_axis(other))] = along(node.extents, other);
    spread = true;
  }
  const std::string all = five_axes(value);
  return spread ? out_.add("Expand", {all, out_.integers(shape)}, node.name + "/repeated") : all;
}

void OperationWriter::emit(const Concat& operation, const GraphNode& node, Written& result) {
  std::vector<std::string> inputs;
  bool flat = operation.axis == ValueAxis::c;
  for (const int input : node.inputs) flat = flat && written(input).flat;
  for (const int input : node.inputs)
    inputs.push_back(flat ? written(input).name : spread_beside(written(input), operation.axis, node));
  result.flat = flat;
  result.name = out_.add("Concat", inputs, node.name);
  out_.set("axis", onnx_axis(operation.axis));
}

}  // namespace actionflow::onnx
