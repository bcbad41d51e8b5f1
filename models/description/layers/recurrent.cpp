#include <fmt/format.h>

#include "models/description/layers/layers.h"

namespace actionflow {

enum class BidirectionalMerge { concat, sum, mean, multiply };

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::Recurrent::Cell> {
  using Cell = actionflow::Recurrent::Cell;
  static constexpr std::array<std::pair<Cell, std::string_view>, 2> names{
      {{Cell::lstm, "lstm"}, {Cell::gru, "gru"}}};
};

template <>
struct actionflow::config::EnumNames<actionflow::BidirectionalMerge> {
  using Merge = actionflow::BidirectionalMerge;
  static constexpr std::array<std::pair<Merge, std::string_view>, 4> names{
      {{Merge::concat, "concat"}, {Merge::sum, "sum"}, {Merge::mean, "mean"}, {Merge::multiply, "multiply"}}};
};

namespace actionflow {
namespace {

std::vector<Parameter> recurrent_parameters(const Emitter& emitter, const Recurrent& recurrent,
                                            std::int64_t channels, std::string_view part) {
  const bool lstm = recurrent.cell == Recurrent::Cell::lstm;
  const std::int64_t rows = (lstm ? 4 : 3) * recurrent.units;
  std::vector<Parameter> parameters{
      emitter.parameter("kernel", {rows, channels}, Initializer::glorot_uniform, part),
      emitter.parameter("recurrent_kernel", {rows, recurrent.units}, Initializer::orthogonal, part)};
  if (recurrent.bias) {
    const Shape shape = !lstm && recurrent.reset_after ? Shape{2, rows} : Shape{rows};
    parameters.push_back(
        emitter.parameter("bias", shape, lstm ? Initializer::forget_bias : Initializer::zeros, part));
  }
  return parameters;
}

int add_recurrent(Emitter& emitter, const Recurrent& recurrent, std::string_view part = {}) {
  const int input = emitter.input();
  const Extents& in = emitter.extents(input);
  if (recurrent.activation == ActivationKind::softmax ||
      recurrent.recurrent_activation == ActivationKind::softmax) {
    emitter.fail("softmax cannot be a recurrent layer's activation");
  }
  if (in.h != 1 || in.w != 1) {
    emitter.fail(
        fmt::format("takes a sequence (C×T×1×1), but its input {} has height and width; a flatten with "
                    "keep_time or a global pool over space before it makes one",
                    emitter.describe(input)));
  }
  return emitter.add(recurrent, {input}, {recurrent.units, recurrent.sequence ? in.t : 1, 1, 1},
                     recurrent_parameters(emitter, recurrent, in.c, part), part);
}

// torch.nn.LSTM and GRU keep a bias of the input and one of the state. LSTM's gates stand in our order (i, f,
// g, o), GRU's are r, z, n. A GRU whose reset gate comes before the product has no counterpart.
TorchForm torch_form_of(const Parameter& parameter, const GraphNode& node, const std::string& direction) {
  const auto& recurrent = std::get<Recurrent>(node.operation);
  const bool gru = recurrent.cell == Recurrent::Cell::gru;
  if (gru && !recurrent.reset_after) return {};
  TorchForm form{.tensors = {}, .shape = parameter.shape};
  if (gru) form.gates = {1, 0, 2};
  if (parameter.role == "bias") {
    form.tensors = {"bias_ih_l0" + direction, "bias_hh_l0" + direction};
    form.join = gru ? TorchForm::Join::rows : TorchForm::Join::sum;
    form.shape = {parameter.shape.back()};
  } else {
    form.tensors = {(parameter.role == "kernel" ? "weight_ih_l0" : "weight_hh_l0") + direction};
  }
  return form;
}

template <Recurrent::Cell kind>
struct RecurrentLayer : Layer {
  std::int64_t units = 0;
  ActivationKind activation = ActivationKind::tanh;
  ActivationKind recurrent_activation = ActivationKind::sigmoid;
  bool sequence = false;
  bool backward = false;
  bool reset_after = true;
  bool bias = true;
  float slope = 0.2F;

  template <class Self>
  static void describe_cell(config::Fields<Self>& fields) {
    fields.add("units", &Self::units, "channels of the state").range(1, 1 << 20).required();
    fields.add("activation", &Self::activation, "of the candidate and the result");
    fields.add("recurrent_activation", &Self::recurrent_activation,
               "of the gates; Keras 1 and 2 files may have hard_sigmoid");
    fields.add("slope", &Self::slope, "of hard_sigmoid; Keras 3 has 1/6").range(0, 1);
    fields.add("sequence", &Self::sequence, "gives every step's state, not only the last");
    fields.add("bias", &Self::bias, "adds a learned number a gate and unit");
  }

  static void describe(config::Fields<RecurrentLayer>& fields) {
    describe_cell(fields);
    fields.add("backward", &RecurrentLayer::backward, "runs from the last step to the first");
    if constexpr (kind == Recurrent::Cell::gru) {
      fields.add("reset_after", &RecurrentLayer::reset_after,
                 "the reset gate applies after the recurrent product, with two biases");
    }
  }

  static TorchForm torch_form(const Parameter& parameter, const GraphNode& node) {
    return torch_form_of(parameter, node, "");
  }

  void emit(Emitter& emitter) const override {
    add_recurrent(emitter, {.cell = kind,
                            .units = units,
                            .activation = activation,
                            .recurrent_activation = recurrent_activation,
                            .backward = backward,
                            .reset_after = reset_after,
                            .sequence = sequence,
                            .bias = bias,
                            .slope = slope});
  }
};

struct Bidirectional : Layer {
  Recurrent::Cell cell = Recurrent::Cell::lstm;
  BidirectionalMerge merge = BidirectionalMerge::concat;
  std::int64_t units = 0;
  ActivationKind activation = ActivationKind::tanh;
  ActivationKind recurrent_activation = ActivationKind::sigmoid;
  bool sequence = false;
  bool reset_after = true;
  bool bias = true;
  float slope = 0.2F;

  static void describe(config::Fields<Bidirectional>& fields) {
    fields.add("cell", &Bidirectional::cell, "which recurrent layer");
    fields.add("merge", &Bidirectional::merge, "how the two directions join");
    RecurrentLayer<Recurrent::Cell::lstm>::describe_cell(fields);
    fields.add("reset_after", &Bidirectional::reset_after, "of a gru");
  }

  static TorchForm torch_form(const Parameter& parameter, const GraphNode& node) {
    return torch_form_of(parameter, node, std::get<Recurrent>(node.operation).backward ? "_reverse" : "");
  }

  void emit(Emitter& emitter) const override {
    Recurrent recurrent{.cell = cell,
                        .units = units,
                        .activation = activation,
                        .recurrent_activation = recurrent_activation,
                        .reset_after = reset_after,
                        .sequence = sequence,
                        .bias = bias,
                        .slope = slope};
    const int forward = add_recurrent(emitter, recurrent, "forward");
    recurrent.backward = true;
    const int backward = add_recurrent(emitter, recurrent, "backward");
    join(emitter, forward, backward);
  }

 private:
  void join(Emitter& emitter, int forward, int backward) const {
    Extents result = emitter.extents(forward);
    if (merge == BidirectionalMerge::concat) {
      result.c *= 2;
      emitter.add(Concat{}, {forward, backward}, result, {}, "concat");
    } else if (merge == BidirectionalMerge::multiply) {
      emitter.add(Elementwise{.kind = Elementwise::Kind::multiply}, {forward, backward}, result, {},
                  "multiply");
    } else {
      const float scale = merge == BidirectionalMerge::mean ? 0.5F : 1.0F;
      emitter.add(Elementwise{.scale = scale}, {forward, backward}, result, {}, "add");
    }
  }
};

}  // namespace

std::vector<LayerKind> recurrent_layers() {
  const std::string sequence = "{layer: flatten, keep_time: true}";
  return {
      layer_kind<RecurrentLayer<Recurrent::Cell::lstm>>("lstm",
                                                        "long short-term memory over the steps of a sequence",
                                                        "units: 5, sequence: true, backward: true", sequence),
      layer_kind<RecurrentLayer<Recurrent::Cell::gru>>(
          "gru", "gated recurrent unit over the steps of a sequence", "units: 5", sequence),
      layer_kind<Bidirectional>("bidirectional", "a recurrent layer in both directions",
                                "cell: gru, units: 3, merge: mean, sequence: true", sequence),
  };
}

}  // namespace actionflow
