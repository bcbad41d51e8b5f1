// LSTM and GRU of operation_writer.h.
#include <algorithm>
#include <array>
#include <set>

#include "models/formats/onnx/graph/gate_order.h"
#include "models/formats/onnx/writing/operation_writer.h"

namespace actionflow::onnx {
namespace {

Tensor with_foreign_gates(const Tensor& rows, const Recurrent& recurrent) {
  return recurrent.cell == Recurrent::Cell::gru ? rows : in_gate_order(rows, kOnnxGatesFromOwn);
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
  for (const ActivationKind kind : {recurrent.activation, recurrent.recurrent_activation}) {
    static const std::set<std::string> kKnown{"Sigmoid",     "Tanh",     "Relu",
                                              "HardSigmoid", "Softplus", "Softsign"};
    if (!kKnown.contains(activation_name(kind))) refuse(node);
  }
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

}  // namespace actionflow::onnx
