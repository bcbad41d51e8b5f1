// LSTM and GRU, in both directions, and ConvLSTM as it is written here.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "models/formats/onnx/graph/conv_lstm_scan.h"
#include "models/formats/onnx/graph/gate_order.h"
#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

enum Operand : std::size_t {
  kKernel = 1,
  kRecurrent = 2,
  kBias = 3,
  kLengths = 4,
  kFirstState = 5,
  kPeephole = 7
};

struct Cell {
  bool gru = false;
  std::int64_t units = 0;
  std::int64_t directions = 1;
  bool backward = false;
  bool reset_after = false;
  bool sequence = false;
  std::int64_t gates() const { return gru ? 3 : 4; }
};

Cell read_cell(const Use& use, bool gru) {
  Cell cell{.gru = gru};
  const Array& recurrent = use.required_constant(kRecurrent);
  if (recurrent.shape.size() != 3)
    use.node.fail(fmt::format("its recurrent kernel is {}", to_string(recurrent.shape)));
  cell.units = use.node.integer("hidden_size", recurrent.shape[2]);
  const std::string direction = use.node.text("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    use.node.fail(fmt::format("its direction '{}' is not known", shown(direction)));
  cell.directions = direction == "bidirectional" ? 2 : 1;
  cell.backward = direction == "reverse";
  cell.reset_after = gru && use.node.integer("linear_before_reset", 0) != 0;
  if (recurrent.shape != Shape{cell.directions, cell.gates() * cell.units, cell.units} || cell.units < 1)
    use.node.fail(fmt::format("its recurrent kernel is {}", to_string(recurrent.shape)));
  return cell;
}

// All zeros, or left out.
void need_zeros(const Use& use, std::size_t input, const char* what) {
  const Array* array = use.constant(input);
  if (array == nullptr) return;
  for (std::int64_t i = 0; i < array->size(); ++i) {
    if (array->real(i) != 0) use.node.fail(fmt::format("begins with {} other than zeros", what));
  }
}

void check_rest(const Use& use, const Cell& cell, std::int64_t steps) {
  need_zeros(use, kFirstState, "a state");
  if (!cell.gru) {
    need_zeros(use, kFirstState + 1, "a cell state");
    need_zeros(use, kPeephole, "peepholes");
  }
  if (const Array* lengths = use.constant(kLengths)) {
    for (std::int64_t i = 0; i < lengths->size(); ++i) {
      if (lengths->real(i) != static_cast<float>(steps)) use.node.fail("runs over a part of its steps");
    }
  }
  if (use.node.integer("input_forget", 0) != 0) use.node.fail("couples input and forget gates");
  if (use.node.find("clip") != nullptr) use.node.fail("clips its cells");
}

// ---- activations ----

template <class T>
T nth(const std::vector<T>& list, std::size_t i, T otherwise) {
  return i < list.size() ? list[i] : otherwise;
}

std::string our_activation(const Use& use, const std::string& name) {
  static const std::map<std::string, std::string> kNames{
      {"Sigmoid", "sigmoid"},          {"Tanh", "tanh"},         {"Relu", "relu"},
      {"HardSigmoid", "hard_sigmoid"}, {"Softplus", "softplus"}, {"Softsign", "softsign"}};
  const auto found = kNames.find(name);
  if (found == kNames.end()) use.node.fail(fmt::format("its activation '{}' is not known here", shown(name)));
  return found->second;
}

void add_activations(const Use& use, const Cell& cell, ModelLine& line) {
  const std::vector<std::string> names = use.node.texts("activations");
  if (names.empty()) return;
  const std::size_t each = cell.gru ? 2 : 3;
  if (names.size() != each * static_cast<std::size_t>(cell.directions))
    use.node.fail(fmt::format("has {} activations, expected {}", names.size(),
                              each * static_cast<std::size_t>(cell.directions)));
  for (std::size_t i = each; i < names.size(); ++i) {
    if (names[i] != names[i - each]) use.node.fail("its directions differ in activations");
  }
  if (!cell.gru && names[1] != names[2]) use.node.fail("has two activations beside the gates'");
  const std::string gates = our_activation(use, names[0]), state = our_activation(use, names[1]);
  if (state != "tanh") line.options.emplace_back("activation", state);
  if (gates != "sigmoid") line.options.emplace_back("recurrent_activation", gates);
  if (gates != "hard_sigmoid" && state != "hard_sigmoid") return;
  const std::size_t at = gates == "hard_sigmoid" ? 0 : 1;
  if (nth(use.node.numbers("activation_beta"), at, 0.5F) != 0.5F)
    use.node.fail("its hard sigmoid's beta is not 0.5, which is not known here");
  const float slope = nth(use.node.numbers("activation_alpha"), at, 0.2F);
  if (slope != 0.2F) line.options.emplace_back("slope", fmt::format("{}", slope));
}

// ---- weights ----

Tensor with_own_gates(const Tensor& rows, const Cell& cell) {
  return cell.gru ? rows : in_gate_order(rows, kOwnGatesFromOnnx);
}

Tensor direction_of(const Array& array, std::int64_t direction, Shape shape) {
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor[i] = array.real(direction * tensor.size() + i);
  return tensor;
}

// ONNX has one bias for the input's product and one for the state's; only a reset gate behind the product
// tells them apart.
Tensor joined_bias(const Array& array, std::int64_t direction, const Cell& cell) {
  const std::int64_t rows = cell.gates() * cell.units;
  Tensor both = direction_of(array, direction, {2, rows});
  if (cell.reset_after) return both;
  Tensor sum({rows});
  for (std::int64_t i = 0; i < rows; ++i) sum[i] = both[i] + both[rows + i];
  return with_own_gates(sum, cell);
}

void set_weights(const Use& use, const Cell& cell, const std::string& layer, std::int64_t features) {
  const Array& kernel = use.required_constant(kKernel);
  const Array& recurrent = use.required_constant(kRecurrent);
  const Array* bias = use.constant(kBias);
  const std::int64_t rows = cell.gates() * cell.units;
  if (kernel.shape != Shape{cell.directions, rows, features})
    use.node.fail(fmt::format("its kernel is {}, expected {}", to_string(kernel.shape),
                              to_string(Shape{cell.directions, rows, features})));
  if (bias != nullptr && bias->shape != Shape{cell.directions, 2 * rows})
    use.node.fail(fmt::format("its bias is {}", to_string(bias->shape)));
  for (std::int64_t i = 0; i < cell.directions; ++i) {
    const std::string part = cell.directions == 1 ? "" : i == 0 ? "forward." : "backward.";
    use.network.set_weight(layer, part + "kernel",
                           with_own_gates(direction_of(kernel, i, {rows, features}), cell));
    use.network.set_weight(layer, part + "recurrent_kernel",
                           with_own_gates(direction_of(recurrent, i, {rows, cell.units}), cell));
    if (bias != nullptr) use.network.set_weight(layer, part + "bias", joined_bias(*bias, i, cell));
  }
}

// ---- the layer ----

Value add_recurrent(const Use& use, const Cell& cell, const Value& input, const AxisView& view) {
  ModelLine line = use.line(cell.directions == 2 ? "bidirectional"
                            : cell.gru           ? "gru"
                                                 : "lstm",
                            use.node.inputs[kKernel]);
  if (cell.directions == 2 && cell.gru) line.options.emplace_back("cell", "gru");
  line.options.emplace_back("units", std::to_string(cell.units));
  add_activations(use, cell, line);
  if (cell.sequence) line.options.emplace_back("sequence", "true");
  if (cell.backward) line.options.emplace_back("backward", "true");
  if (use.constant(kBias) == nullptr) line.options.emplace_back("bias", "false");
  if (cell.gru && !cell.reset_after) line.options.emplace_back("reset_after", "false");
  const std::int64_t channels = cell.units * cell.directions;
  const AxisExtents extents{cell.sequence ? input.extents[kTime] : 1, 1, 1, channels};
  const Value result = use.network.add(std::move(line), {&input}, extents, view);
  set_weights(use, cell, result.layer, input.extents[kChannels]);
  return result;
}

// Directions and units together are the channels.
Dim directions_dim(const Cell& cell) {
  if (cell.directions == 1) return {};
  return {{.axis = kChannels, .extent = cell.directions, .stride = cell.units}};
}

template <bool gru>
std::vector<Value> recurrent(const Use& use) {
  const Value& given = use.value(0);
  if (given.view.dims.size() != 3) use.node.fail("its input is no sequence of vectors");
  const bool batch_first = use.node.integer("layout", 0) != 0;
  const std::size_t time = batch_first ? 1 : 0, batch = batch_first ? 0 : 1;
  if (!given.view.dims[batch].empty())
    use.node.fail(fmt::format("its input {} has a batch other than 1 here", to_string(given.view.shape())));
  const Value input = use.network.arranged(given, {{{time}, {}, {}, {2}}}, use.node);
  Cell cell = read_cell(use, gru);
  check_rest(use, cell, input.extents[kTime]);
  const Dim directions = directions_dim(cell), units = whole_axis(kChannels, cell.units);
  const bool reads_sequence = !use.read.empty() && use.read[0];
  const bool reads_last = use.read.size() > 1 && use.read[1];
  if (use.read.size() > 2 && use.read[2])
    use.node.fail("its last cell state is read, which is not known here");
  std::vector<Value> results(2);
  if (reads_sequence) {
    cell.sequence = true;
    const Dim steps = whole_axis(kTime, input.extents[kTime]);
    AxisView view{batch_first ? std::vector<Dim>{{}, steps, directions, units}
                              : std::vector<Dim>{steps, directions, {}, units}};
    results[0] = add_recurrent(use, cell, input, view);
  }
  if (reads_last) {
    cell.sequence = false;
    AxisView view{batch_first ? std::vector<Dim>{{}, directions, units}
                              : std::vector<Dim>{directions, {}, units}};
    results[1] = add_recurrent(use, cell, input, view);
  }
  return results;
}

// ---- ConvLSTM ----

// An option of a layer with time, height and width, without that of time, which has to be `neutral`.
std::string in_space(const Use& use, const std::string& value, const char* neutral) {
  if (value == neutral) return value;
  const std::string all = fmt::format("[{}, ", neutral), pairs = fmt::format("[[{0}, {0}], ", neutral);
  for (const std::string& begin : {pairs, all})
    if (value.starts_with(begin)) return "[" + value.substr(begin.size());
  use.node.fail("reads a convolution that is over time, too");
}

// The convolution before it becomes part of the layer.
std::vector<Value> conv_lstm(const Use& use) {
  const Value gates = use.network.arranged(use.value(0), {{{2}, {3}, {4}, {0, 1}}}, use.node);
  ModelLine* const line = use.network.own_line(gates);
  const std::int64_t units = use.node.integer("units", 0);
  const Array& kernel = use.required_constant(3);
  const Array* const bias = use.constant(4);
  const Tensor* const input = line == nullptr ? nullptr : use.network.find_weight(line->name, "kernel");
  if (input == nullptr || line->layer != "conv3d" || option(*line, "bias") != "false" ||
      !option(*line, "groups").empty() || !option(*line, "activation").empty() ||
      gates.extents[kChannels] != 4 * units || kernel.shape.size() != 4 || kernel.shape[0] != 4 * units ||
      kernel.shape[1] != units || input->dim(2) != 1 || kernel.shape[2] != input->dim(3) ||
      kernel.shape[3] != input->dim(4) || (bias != nullptr && bias->shape != Shape{4 * units}))
    use.node.fail("does not read a convolution of its own that is of its kernel");
  need_zeros(use, 1, "a state");
  need_zeros(use, 2, "a cell state");
  const bool sequence = use.read.size() > 2 && use.read[2];
  if (use.read.size() > 1 && use.read[1])
    use.node.fail("its last cell state is read, which is not known here");
  if (sequence && use.read[0]) use.node.fail("its samples and its last state are both read");
  ModelLine layer{.layer = "conv_lstm2d",
                  .name = line->name,
                  .options = {{"filters", std::to_string(units)}},
                  .from = line->from};
  for (const auto& [key, neutral] :
       {std::pair{"kernel", "1"}, {"stride", "1"}, {"padding", "0"}, {"dilation", "1"}})
    if (const std::string value = option(*line, key); !value.empty())
      layer.options.emplace_back(key, in_space(use, value, neutral));
  const std::string state = our_activation(use, use.node.text("activation", "Tanh")),
                    inner = our_activation(use, use.node.text("recurrent_activation", "Sigmoid"));
  if (state != "tanh") layer.options.emplace_back("activation", state);
  if (inner != "sigmoid") layer.options.emplace_back("recurrent_activation", inner);
  const float slope = use.node.number("slope", 0.2F);
  if (slope != 0.2F) layer.options.emplace_back("slope", fmt::format("{}", slope));
  if (sequence) layer.options.emplace_back("sequence", "true");
  if (use.node.integer("backward", 0) != 0) layer.options.emplace_back("backward", "true");
  if (bias == nullptr) layer.options.emplace_back("bias", "false");
  *line = std::move(layer);
  use.network.set_weight(line->name, "recurrent_kernel",
                         to_tensor(kernel, {4 * units, units, 1, kernel.shape[2], kernel.shape[3]}));
  if (bias != nullptr) use.network.set_weight(line->name, "bias", to_tensor(*bias, {4 * units}));
  Value result = gates;
  result.extents[kChannels] = units;
  if (!sequence) result.extents[kTime] = 1;
  result.view.dims = {{}, whole_axis(kChannels, units)};
  if (sequence) result.view.dims.push_back(whole_axis(kTime, gates.extents[kTime]));
  for (const std::size_t axis : {kHeight, kWidth})
    result.view.dims.push_back(whole_axis(static_cast<int>(axis), gates.extents[axis]));
  if (!sequence) return {result};
  return {result, result, result};
}

}  // namespace

Operators recurrent_operators() {
  return {{"LSTM", recurrent<false>}, {"GRU", recurrent<true>}, {kConvLstm, conv_lstm}};
}

}  // namespace actionflow::onnx
