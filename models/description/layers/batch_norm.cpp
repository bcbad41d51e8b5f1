#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

struct BatchNormLayer : Layer {
  float epsilon = 1e-3F;
  float momentum = 0.99F;
  bool scale = true;
  bool shift = true;

  static void describe(config::Fields<BatchNormLayer>& fields) {
    using Self = BatchNormLayer;
    fields.add("epsilon", &Self::epsilon, "added to the variance; PyTorch has 1e-5").range(1e-12, 1);
    fields.add("momentum", &Self::momentum, "share of the old moving mean kept at a step; PyTorch has 0.9")
        .range(0, 1);
    fields.add("scale", &Self::scale, "multiplies by a learned gamma");
    fields.add("shift", &Self::shift, "adds a learned beta");
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& extents = emitter.extents(input);
    const Shape shape{extents.c};
    std::vector<Parameter> parameters;
    if (scale) parameters.push_back(emitter.parameter("gamma", shape, Initializer::ones));
    if (shift) parameters.push_back(emitter.parameter("beta", shape, Initializer::zeros));
    parameters.push_back(emitter.parameter("moving_mean", shape, Initializer::zeros));
    parameters.push_back(emitter.parameter("moving_variance", shape, Initializer::ones));
    emitter.add(BatchNorm{.epsilon = epsilon, .momentum = momentum, .scale = scale, .shift = shift}, {input},
                extents, std::move(parameters));
  }
};

}  // namespace

std::vector<LayerKind> batch_norm_layers() {
  return {layer_kind<BatchNormLayer>("batch_norm", "each channel to a learned mean and variance", "")};
}

}  // namespace actionflow
