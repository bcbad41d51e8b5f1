#include "models/description/layers/activation.h"

#include <fmt/format.h>

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
struct ActivationLayer : Layer {
  float slope = Activation{}.slope;
  float threshold = Activation{}.low;
  float alpha = Activation{}.alpha;
  float low = Activation{}.low, high = Activation{}.high;

  static void describe([[maybe_unused]] config::Fields<ActivationLayer>& fields) {
    using Self = ActivationLayer;
    if constexpr (kind == ActivationKind::hard_sigmoid)
      fields.add("slope", &Self::slope, "of clip(slope·x + 0.5, 0, 1); Keras 3 has 1/6").range(0, 1);
    if constexpr (kind == ActivationKind::leaky_relu) {
      fields.add("slope", &Self::slope, "below the threshold; PyTorch has 0.01, Keras' layer 0.3")
          .range(0, 1e6F);
      fields.add("threshold", &Self::threshold, "below it is slope·(x − threshold)").range(0, 1e6F);
    }
    if constexpr (kind == ActivationKind::elu)
      fields.add("alpha", &Self::alpha, "what it comes near to, below zero").range(0, 1e6F);
    if constexpr (kind == ActivationKind::clip) {
      fields.add("low", &Self::low, "the least result");
      fields.add("high", &Self::high, "the greatest result");
    }
  }

  void emit(Emitter& emitter) const override {
    if (low > high) emitter.fail(fmt::format("its low, {}, is above its high, {}", low, high));
    const int input = emitter.input();
    const float least = kind == ActivationKind::leaky_relu ? threshold : low;
    emitter.add(Activation{.kind = kind, .slope = slope, .alpha = alpha, .low = least, .high = high}, {input},
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

template <ActivationKind kind>
LayerKind activation_kind(const std::string& name, std::string help, const std::string& options = {}) {
  return layer_kind<ActivationLayer<kind>>(name, std::move(help), options);
}

}  // namespace

std::vector<LayerKind> activation_layers() {
  using enum ActivationKind;
  return {
      activation_kind<relu>("relu", "max(x, 0)"),
      activation_kind<leaky_relu>("leaky_relu", "x above a threshold, slope·(x − threshold) below",
                                  "slope: 0.1"),
      activation_kind<clip>("clip", "min(max(x, low), high), which is relu6 unless told otherwise",
                            "low: -0.5, high: 0.5"),
      layer_kind<PReluLayer>("prelu", "x where positive, else alpha·x with a learned alpha", ""),
      layer_kind<ScaleLayer>("scale", "gamma·x with a learned gamma", "shared: true, zero: true"),
      activation_kind<elu>("elu", "x where positive, else alpha·(eˣ − 1)", "alpha: 0.7"),
      activation_kind<selu>("selu", "elu, scaled so that means and variances stay"),
      activation_kind<sigmoid>("sigmoid", "1 / (1 + e⁻ˣ)"),
      activation_kind<hard_sigmoid>("hard_sigmoid", "clip(slope·x + 0.5, 0, 1)"),
      activation_kind<tanh>("tanh", "hyperbolic tangent"),
      activation_kind<softplus>("softplus", "ln(1 + eˣ)"),
      activation_kind<softsign>("softsign", "x / (1 + |x|)"),
      activation_kind<exponential>("exponential", "eˣ"),
      activation_kind<silu>("silu", "x·sigmoid(x), also called swish"),
      activation_kind<hard_swish>("hard_swish", "x·clip(x/6 + 0.5, 0, 1)"),
      activation_kind<mish>("mish", "x·tanh(softplus(x))"),
      activation_kind<gelu>("gelu", "x·Φ(x), Φ the standard normal distribution's"),
      activation_kind<gelu_tanh>("gelu_tanh", "gelu's approximation by tanh"),
      activation_kind<softmax>("softmax", "over channels, at each position"),
  };
}

}  // namespace actionflow
