#include "models/description/layers/activation.h"

#include "models/description/layers/layers.h"

namespace actionflow {

int activate(Emitter& emitter, int value, const std::optional<ActivationKind>& activation) {
  if (!activation) return value;
  for (const auto& [kind, name] : config::EnumNames<ActivationKind>::names) {
    if (kind == *activation) {
      return emitter.add(Activation{.kind = kind}, {value}, emitter.extents(value), {}, name);
    }
  }
  return value;
}

namespace {

template <ActivationKind kind>
struct PlainActivation : Layer {
  static void describe(config::Fields<PlainActivation>&) {}
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    emitter.add(Activation{.kind = kind}, {input}, emitter.extents(input));
  }
};

struct HardSigmoid : Layer {
  float slope = 0.2F;

  static void describe(config::Fields<HardSigmoid>& fields) {
    fields.add("slope", &HardSigmoid::slope, "of clip(slope·x + 0.5, 0, 1); Keras 3 has 1/6").range(0, 1);
  }
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    emitter.add(Activation{.kind = ActivationKind::hard_sigmoid, .slope = slope}, {input},
                emitter.extents(input));
  }
};

struct PReluLayer : Layer {
  bool shared = false;

  static void describe(config::Fields<PReluLayer>& fields) {
    fields.add("shared", &PReluLayer::shared, "one alpha for all channels, not one a channel");
  }
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& extents = emitter.extents(input);
    emitter.add(PRelu{}, {input}, extents,
                {emitter.parameter("alpha", {shared ? 1 : extents.c}, Initializer::zeros)});
  }
};

struct ScaleLayer : Layer {
  bool shared = false;
  bool zero = false;

  static void describe(config::Fields<ScaleLayer>& fields) {
    fields.add("shared", &ScaleLayer::shared, "one gamma for all channels, not one a channel");
    fields.add("zero", &ScaleLayer::zero, "training begins with 0, not with 1");
  }
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& extents = emitter.extents(input);
    const Initializer begin = zero ? Initializer::zeros : Initializer::ones;
    emitter.add(Scale{}, {input}, extents, {emitter.parameter("gamma", {shared ? 1 : extents.c}, begin)});
  }
};

}  // namespace

std::vector<LayerKind> activation_layers() {
  return {
      layer_kind<PlainActivation<ActivationKind::relu>>("relu", "max(x, 0)", ""),
      layer_kind<PReluLayer>("prelu", "x where positive, else alpha·x with a learned alpha", ""),
      layer_kind<ScaleLayer>("scale", "gamma·x with a learned gamma", "shared: true, zero: true"),
      layer_kind<PlainActivation<ActivationKind::sigmoid>>("sigmoid", "1 / (1 + e⁻ˣ)", ""),
      layer_kind<HardSigmoid>("hard_sigmoid", "clip(slope·x + 0.5, 0, 1)", ""),
      layer_kind<PlainActivation<ActivationKind::tanh>>("tanh", "hyperbolic tangent", ""),
      layer_kind<PlainActivation<ActivationKind::silu>>("silu", "x·sigmoid(x), also called swish", ""),
      layer_kind<PlainActivation<ActivationKind::hard_swish>>("hard_swish", "x·clip(x/6 + 0.5, 0, 1)", ""),
      layer_kind<PlainActivation<ActivationKind::gelu>>("gelu",
                                                        "x·Φ(x), Φ the standard normal distribution's", ""),
      layer_kind<PlainActivation<ActivationKind::gelu_tanh>>("gelu_tanh", "gelu's approximation by tanh", ""),
      layer_kind<PlainActivation<ActivationKind::softmax>>("softmax", "over channels, at each position", ""),
  };
}

}  // namespace actionflow
