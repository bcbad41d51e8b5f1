// LSTM, GRU and ConvLSTM of operation_writer.h.
#include <algorithm>
#include <array>
#include <set>

#include "models/formats/onnx/graph/conv_lstm_scan.h"
#include "models/formats/onnx/graph/gate_order.h"
#include "models/formats/onnx/writing/operation_writer.h"

namespace actionflow::onnx {
namespace {

Tensor with_foreign_gates(const Tensor& rows, const Recurrent& recurrent) {
  return recurrent.cell == Recurrent::Cell::gru ? rows : in_gate_order(rows, kOnnxGatesFromOwn);
}

// What ONNX' recurrent operators know by name.
bool is_known(ActivationKind kind) {
  static const std::set<std::string> kKnown{"Sigmoid", "Tanh", "Relu", "HardSigmoid", "Softplus", "Softsign"};
  return kKnown.contains(activation_name(kind));
}

}  // namespace

// Both of ONNX' biases: that of the input's product and that of the state's.
std::string OperationWriter::recurrent_bias(const Recurrent& recurrent, const GraphNode& node) {
  const Tensor& bias = *find_weight(node, "bias");
  const std::int64_t rows = find_weight(node, "kernel")->dim(0);
  Tensor both({2, rows});
  if (bias.size() == both.size()) {
    both = Tensor(bias).reshaped({2, rows});
  } else {
    const Tensor own = with_foreign_gates(bias, recurrent);
    std::copy_n(own.data(), rows, both.data());
  }
  return out_.weight(node.name + ".bias", both, {1, 2 * rows});
}

void OperationWriter::set_activations(const Recurrent& recurrent) {
  const std::string gates = activation_name(recurrent.recurrent_activation);
  const std::string state = activation_name(recurrent.activation);
  std::vector<std::string> names{gates, state};
  if (recurrent.cell == Recurrent::Cell::lstm) names.push_back(state);
  out_.set("activations", names);
  if (gates != "HardSigmoid" && state != "HardSigmoid") return;
  out_.set("activation_alpha", std::vector<float>(names.size(), recurrent.slope));
  out_.set("activation_beta", std::vector<float>(names.size(), 0.5F));
}

void OperationWriter::emit(const Recurrent& recurrent, const GraphNode& node, Written& result) {
  const bool gru = recurrent.cell == Recurrent::Cell::gru;
  if (!is_known(recurrent.activation) || !is_known(recurrent.recurrent_activation)) refuse(node);
  std::string input = out_.add("Squeeze", {five_axes(written(node.inputs.front())), out_.integers({3, 4})},
                               node.name + "/steps");
  input = out_.add("Transpose", {input}, node.name + "/steps_first");
  out_.set("perm", std::vector<std::int64_t>{2, 0, 1});
  const Tensor kernel = with_foreign_gates(*find_weight(node, "kernel"), recurrent);
  const Tensor state = with_foreign_gates(*find_weight(node, "recurrent_kernel"), recurrent);
  std::vector<std::string> inputs{
      input, out_.weight(node.name + ".weight", kernel, {1, kernel.dim(0), kernel.dim(1)}),
      out_.weight(node.name + ".recurrent_weight", state, {1, state.dim(0), state.dim(1)})};
  if (recurrent.bias) inputs.push_back(recurrent_bias(recurrent, node));
  const std::string states = out_.add(gru ? "GRU" : "LSTM", inputs, node.name + "/states");
  if (!recurrent.sequence) out_.give_as_second();
  out_.set("hidden_size", recurrent.units);
  out_.set("direction", std::string(recurrent.backward ? "reverse" : "forward"));
  if (gru) out_.set("linear_before_reset", std::int64_t{recurrent.reset_after ? 1 : 0});
  set_activations(recurrent);
  if (!recurrent.sequence) {
    result.name = out_.add("Squeeze", {states, out_.integers({0})}, node.name);
    result.flat = true;
    return;
  }
  std::string sequence = out_.add("Squeeze", {states, out_.integers({1})}, node.name + "/sequence");
  sequence = out_.add("Transpose", {sequence}, node.name + "/steps_last");
  out_.set("perm", std::vector<std::int64_t>{1, 2, 0});
  result.name = out_.add("Unsqueeze", {sequence, out_.integers({3, 4})}, node.name);
}

void OperationWriter::emit(const ConvLstm& operation, const GraphNode& node, Written& result) {
  if (!is_known(operation.activation) || !is_known(operation.recurrent_activation)) refuse(node);
  const Written gates = written(node.inputs.front());
  const Extents& in = gates.extents;
  const std::int64_t units = operation.units;
  const auto& [height, width] = operation.kernel;
  ConvLstmStep step{
      .name = node.name + "/step",
      .units = units,
      .extents = {height, width},
      .activation = activation_name(operation.activation),
      .gates = activation_name(operation.recurrent_activation),
      .slope = operation.slope,
      .kernel = out_.weight(node.name + ".recurrent_weight", *find_weight(node, "recurrent_kernel"),
                            {4 * units, units, height, width}),
      .bias = operation.bias ? weight(node, "bias", {4 * units}) : "",
      .sequence = operation.sequence};
  const std::string clips = out_.add("Shape", {input_name()}, node.name + "/clips");
  out_.set("start", std::int64_t{0});
  out_.set("end", std::int64_t{1});
  const std::string shape =
      out_.add("Concat", {clips, out_.integers({units, in.h, in.w})}, node.name + "/shape");
  out_.set("axis", std::int64_t{0});
  const std::string zeros = out_.add("Expand", {scalar(node, "zero", 0), shape}, node.name + "/zeros");
  std::vector<std::string> names{node.name + "/state", node.name + "/cell"};
  if (operation.sequence) names.push_back(node.name);
  names = out_.add_several("Scan", {zeros, zeros, five_axes(gates)}, names);
  write_conv_lstm_step(step, out_.graph("body"));
  const std::vector<std::int64_t> time{2}, direction{operation.backward ? 1 : 0};
  out_.set("num_scan_inputs", std::int64_t{1});
  out_.set("scan_input_axes", time);
  out_.set("scan_input_directions", direction);
  if (operation.sequence) {
    out_.set("scan_output_axes", time);
    out_.set("scan_output_directions", direction);
  }
  result.name =
      operation.sequence ? names.back() : out_.add("Unsqueeze", {names[0], out_.integers(time)}, node.name);
}

}  // namespace actionflow::onnx
