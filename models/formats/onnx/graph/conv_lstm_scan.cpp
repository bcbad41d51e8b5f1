#include "models/formats/onnx/graph/conv_lstm_scan.h"

#include "models/formats/onnx/graph/graph_writer.h"

namespace actionflow::onnx {
namespace {

using ::onnx::AttributeProto;
using ::onnx::GraphProto;
using ::onnx::NodeProto;

void add_value(::onnx::ValueInfoProto& value, const std::string& name) {
  value.set_name(name);
  value.mutable_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::FLOAT);
}

// What the nodes of such a body say, if it is one.
std::optional<ConvLstmStep> read_step(const GraphProto& body) {
  enum : int { kConv = 0, kFirstGate = 3, kCandidate = 5, kNodes = 12 };
  if (body.node_size() < kNodes || body.node(kConv).input_size() < 2) return std::nullopt;
  const NodeProto& convolution = body.node(kConv);
  ConvLstmStep step{.name = body.name(), .kernel = convolution.input(1), .bias = {}};
  if (convolution.input_size() > 2) step.bias = convolution.input(2);
  step.sequence = body.output_size() == 3;
  step.gates = body.node(kFirstGate).op_type();
  step.activation = body.node(kCandidate).op_type();
  for (const auto* node : {&body.node(kFirstGate), &body.node(kCandidate)})
    for (const AttributeProto& attribute : node->attribute())
      if (attribute.name() == "alpha") step.slope = attribute.f();
  for (const AttributeProto& attribute : convolution.attribute()) {
    if (attribute.name() != "kernel_shape" || attribute.ints_size() != 2) continue;
    step.extents = {attribute.ints(0), attribute.ints(1)};
  }
  for (const ::onnx::TensorProto& tensor : body.initializer()) {
    std::array<std::int64_t, 4> gates{};
    if (tensor.raw_data().size() != sizeof gates) continue;
    tensor.raw_data().copy(reinterpret_cast<char*>(gates.data()), sizeof gates);
    step.units = gates[0];
  }
  constexpr std::int64_t kMost = 1 << 20;
  const bool fits = step.units > 0 && step.units <= kMost && step.extents[0] > 0 && step.extents[1] > 0 &&
                    step.extents[0] <= kMost && step.extents[1] <= kMost;
  return fits ? std::optional(step) : std::nullopt;
}

// Axis 2 of N×C×T×H×W is scanned; an attribute is that or, of directions, 0 or 1.
std::optional<std::int64_t> only_integer(const NodeProto& node, const char* name) {
  for (const AttributeProto& attribute : node.attribute())
    if (attribute.name() == name && attribute.ints_size() == 1) return attribute.ints(0);
  return std::nullopt;
}

}  // namespace

void write_conv_lstm_step(const ConvLstmStep& step, GraphProto& body) {
  body.set_name(step.name);
  const std::string prefix = step.name + "/", state_before = prefix + "state", cell_before = prefix + "cell",
                    gates = prefix + "gates";
  for (const std::string& name : {state_before, cell_before, gates}) add_value(*body.add_input(), name);
  GraphWriter out(body, gates, prefix);
  std::vector<std::string> read{state_before, step.kernel};
  if (!step.bias.empty()) read.push_back(step.bias);
  const std::string moved = out.add("Conv", read, "moved");
  std::vector<std::int64_t> pads;
  for (const bool end : {false, true})
    for (const std::int64_t extent : step.extents) pads.push_back(end ? extent / 2 : (extent - 1) / 2);
  out.set("kernel_shape", std::vector<std::int64_t>{step.extents[0], step.extents[1]});
  out.set("pads", pads);
  const std::string sum = out.add("Add", {gates, moved}, "sum");
  std::vector<std::string> parts =
      out.add_several("Split", {sum, out.integers({step.units, step.units, step.units, step.units})},
                      {"input_sum", "forget_sum", "candidate_sum", "output_sum"});
  out.set("axis", std::int64_t{1});
  const auto activated = [&](const std::string& op, const std::string& value, const char* name) {
    const std::string result = out.add(op, {value}, name);
    if (op == "HardSigmoid") {
      out.set("alpha", step.slope);
      out.set("beta", 0.5F);
    }
    return result;
  };
  const std::string input = activated(step.gates, parts[0], "input_gate"),
                    forget = activated(step.gates, parts[1], "forget_gate"),
                    candidate = activated(step.activation, parts[2], "candidate"),
                    output = activated(step.gates, parts[3], "output_gate");
  const std::string kept = out.add("Mul", {forget, cell_before}, "kept"),
                    taken = out.add("Mul", {input, candidate}, "taken"),
                    cell = out.add("Add", {kept, taken}, "next_cell"),
                    shown = activated(step.activation, cell, "shown"),
                    state = out.add("Mul", {output, shown}, "next_state");
  std::vector<std::string> results{state, cell};
  if (step.sequence) results.push_back(out.add("Identity", {state}, "sample"));
  for (const std::string& result : results) add_value(*body.add_output(), result);
}

std::optional<Node> conv_lstm_of(const NodeProto& scan) {
  if (scan.op_type() != "Scan" || !scan.domain().empty() || scan.input_size() != 3) return std::nullopt;
  const GraphProto* body = nullptr;
  for (const AttributeProto& attribute : scan.attribute())
    if (attribute.name() == "body" && attribute.has_g()) body = &attribute.g();
  if (body == nullptr || only_integer(scan, "scan_input_axes") != 2) return std::nullopt;
  const std::optional<ConvLstmStep> step = read_step(*body);
  if (!step) return std::nullopt;
  GraphProto same;
  write_conv_lstm_step(*step, same);
  if (same.SerializeAsString() != body->SerializeAsString()) return std::nullopt;
  const std::int64_t backward = only_integer(scan, "scan_input_directions").value_or(0);
  if (step->sequence && (only_integer(scan, "scan_output_axes") != 2 ||
                         only_integer(scan, "scan_output_directions").value_or(0) != backward))
    return std::nullopt;
  Node node;
  node.op = kConvLstm;
  node.inputs = {scan.input(2), scan.input(0), scan.input(1), step->kernel, step->bias};
  node.outputs.assign(scan.output().begin(), scan.output().end());
  node.attributes = {{"units", step->units},
                     {"activation", step->activation},
                     {"recurrent_activation", step->gates},
                     {"slope", step->slope},
                     {"backward", backward}};
  return node;
}

}  // namespace actionflow::onnx
