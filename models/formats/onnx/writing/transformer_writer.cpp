// What transformers are made of, for OperationWriter.
#include <fmt/format.h>

#include <algorithm>

#include "models/formats/onnx/writing/attention_writer.h"
#include "models/formats/onnx/writing/operation_writer.h"
#include "models/graph/sinusoid.h"

namespace actionflow::onnx {
namespace {

// T×H×W×C as 1×C×T×H×W.
Tensor channels_first_of(const Tensor& table, const Shape& shape) {
  return Tensor(table).reshaped(shape).permuted({3, 0, 1, 2});
}

Shape with_one(const Shape& shape) { return {1, shape[3], shape[0], shape[1], shape[2]}; }

}  // namespace

std::string OperationWriter::scalar(const GraphNode& node, const std::string& part, float value) {
  return out_.weight(node.name + "." + part, Tensor({1}, std::vector<float>{value}), {1});
}

std::string OperationWriter::for_each_clip(const GraphNode& node, const std::string& value,
                                           const Extents& e) {
  const std::string clips = out_.add("Shape", {input_name()}, node.name + "/clips");
  out_.set("start", std::int64_t{0});
  out_.set("end", std::int64_t{1});
  const std::string shape =
      out_.add("Concat", {clips, out_.integers({e.c, e.t, e.h, e.w})}, node.name + "/shape");
  out_.set("axis", std::int64_t{0});
  return out_.add("Expand", {value, shape}, node.name + "/for_each_clip");
}

void OperationWriter::emit(const LayerNorm& operation, const GraphNode& node, Written& result) {
  const Written input = written(node.inputs.front());
  const Extents& e = input.extents;
  const std::int64_t group = e.c / operation.groups;
  const bool vector = e.positions() == 1;
  std::string value = vector ? two_axes(input) : channels_last(input, node.name);
  const std::string name = node.name + "/normalised";
  if (operation.groups > 1)
    value = out_.add(
        "Reshape",
        {value, out_.integers(vector ? std::vector<std::int64_t>{0, operation.groups, group}
                                     : std::vector<std::int64_t>{0, e.t, e.h, e.w, operation.groups, group})},
        node.name + "/groups");
  value = out_.add("LayerNormalization",
                   {value, weight(node, "gamma", {group}), weight(node, "beta", {group})}, name);
  out_.set("axis", std::int64_t{-1});
  out_.set("epsilon", operation.epsilon);
  if (operation.groups > 1)
    value = out_.add("Reshape",
                     {value, out_.integers(vector ? std::vector<std::int64_t>{0, e.c}
                                                  : std::vector<std::int64_t>{0, e.t, e.h, e.w, e.c})},
                     node.name + "/joined");
  result.flat = vector;
  result.name = vector ? value : channels_first(value, node.name);
}

// x/2·(1 + erf(x/√2)), and what tanh makes of it.
void OperationWriter::gelu(const std::string& input, bool by_tanh, const GraphNode& node, Written& result) {
  const auto step = [&](const std::string& op, const std::vector<std::string>& inputs, const char* part) {
    return out_.add(op, inputs, node.name + "/" + part);
  };
  std::string bent;
  if (by_tanh) {
    const std::string cube = step("Mul", {input, step("Mul", {input, input}, "square")}, "cube");
    const std::string sum =
        step("Add", {input, step("Mul", {cube, scalar(node, "cubic", 0.044715F)}, "cubic")}, "inner");
    bent = step("Tanh", {step("Mul", {sum, scalar(node, "root", 0.7978845608F)}, "scaled")}, "tanh");
  } else {
    bent = step("Erf", {step("Div", {input, scalar(node, "root", 1.41421356237F)}, "scaled")}, "erf");
  }
  const std::string gate = step("Add", {bent, scalar(node, "one", 1)}, "gate");
  result.name = out_.add("Mul", {step("Mul", {input, gate}, "gated"), scalar(node, "half", 0.5F)}, node.name);
}

void OperationWriter::emit(const ClassToken& operation, const GraphNode& node, Written& result) {
  const Written input = written(node.inputs.front());
  Extents extents = input.extents;
  along(extents, operation.axis) = 1;
  const std::string token = for_each_clip(node, weight(node, "token", {1, extents.c, 1, 1, 1}), extents);
  result.name = out_.add("Concat", {token, five_axes(input)}, node.name);
  out_.set("axis", onnx_axis(operation.axis));
}

void OperationWriter::emit(const PositionEmbedding& operation, const GraphNode& node, Written& result) {
  const Extents& e = node.extents;
  Shape shape{e.t, e.h, e.w, e.c};
  Tensor table;
  if (operation.kind == PositionEmbedding::Kind::learned) {
    shape = node.parameters.front().shape;
    table = *find_weight(node, "embedding");
  } else {
    table = Tensor(shape, sinusoid(e));
  }
  const std::string embedding =
      out_.weight(node.name + ".embedding", channels_first_of(table, shape), with_one(shape));
  result.name = out_.add("Add", {five_axes(written(node.inputs.front())), embedding}, node.name);
}

void OperationWriter::emit(const Attention&, const GraphNode& node, Written& result) {
  AttentionInputs inputs;
  if (node.inputs.size() == 1) {
    const Written all = written(node.inputs.front());
    const std::string last = channels_last(all, node.name);
    inputs.of_query = inputs.of_key = all.extents;
    inputs.of_query.c = inputs.of_key.c = all.extents.c / 3;
    std::int64_t begin = 0;
    for (std::string* part : {&inputs.query, &inputs.key, &inputs.value}) {
      const std::int64_t end = begin + inputs.of_query.c;
      *part = out_.add("Slice", {last, out_.integers({begin}), out_.integers({end}), out_.integers({4})},
                       node.name + "/part");
      begin = end;
    }
  } else {
    inputs.of_query = written(node.inputs[0]).extents;
    inputs.of_key = written(node.inputs[1]).extents;
    inputs.query = channels_last(written(node.inputs[0]), node.name);
    inputs.key = channels_last(written(node.inputs[1]), node.name);
    inputs.value = channels_last(written(node.inputs[2]), node.name);
  }
  result.name = channels_first(write_attention(out_, node, inputs, weights_), node.name);
}

void OperationWriter::emit(const MatMul& operation, const GraphNode& node, Written& result) {
  const std::string a = channels_last(written(node.inputs[0]), node.name);
  std::string b = channels_last(written(node.inputs[1]), node.name);
  if (operation.transposed) {
    b = out_.add("Transpose", {b}, node.name + "/transposed");
    out_.set("perm", std::vector<std::int64_t>{0, 1, 2, 4, 3});
  }
  result.name = channels_first(out_.add("MatMul", {a, b}, node.name + "/product"), node.name);
}

void OperationWriter::emit(const Constant&, const GraphNode& node, Written& result) {
  const Shape shape = node.parameters.front().shape;
  const std::string value = out_.weight(
      node.name + ".value", channels_first_of(*find_weight(node, "value"), shape), with_one(shape));
  result.name = for_each_clip(node, value, node.extents);
}

void OperationWriter::emit(const Scale&, const GraphNode& node, Written& result) {
  const Written input = written(node.inputs.front());
  const std::int64_t count = find_weight(node, "gamma")->size();
  const Shape shape = input.flat ? Shape{count} : Shape{count, 1, 1, 1};
  result.flat = input.flat;
  result.name = out_.add("Mul", {input.name, weight(node, "gamma", shape)}, node.name);
}

}  // namespace actionflow::onnx
