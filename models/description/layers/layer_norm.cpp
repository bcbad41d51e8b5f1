#include <fmt/format.h>

#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

struct LayerNormLayer : Layer {
  float epsilon = 1e-5F;
  int groups = 1;

  static void describe(config::Fields<LayerNormLayer>& fields) {
    fields.add("epsilon", &LayerNormLayer::epsilon, "added to the variance").range(1e-12, 1);
    fields.add("groups", &LayerNormLayer::groups, "so many equal parts of the channels, each by itself")
        .range(1, 1 << 16);
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    if (in.c % groups != 0)
      emitter.fail(fmt::format("{} groups do not divide the {} channels of its input {}", groups, in.c,
                               emitter.describe(input)));
    const Shape shape{in.c / groups};
    emitter.add(LayerNorm{.epsilon = epsilon, .groups = groups}, {input}, in,
                {emitter.parameter("gamma", shape, Initializer::ones),
                 emitter.parameter("beta", shape, Initializer::zeros)});
  }
};

}  // namespace

std::vector<LayerKind> layer_norm_layers() {
  return {layer_kind<LayerNormLayer>("layer_norm", "each position's channels to a learned mean and variance",
                                     "groups: 3")};
}

}  // namespace actionflow
