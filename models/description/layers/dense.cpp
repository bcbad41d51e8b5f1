#include "models/description/layers/activation.h"
#include "models/description/layers/count.h"
#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

struct DenseLayer : Layer {
  Count units;
  bool bias = true;
  std::optional<ActivationKind> activation;

  static void describe(config::Fields<DenseLayer>& fields) {
    fields.add("units", &DenseLayer::units, "channels of the result, or the word classes").required();
    fields.add("bias", &DenseLayer::bias, "adds a learned number a unit");
    fields.add("activation", &DenseLayer::activation, kActivationHelp);
  }

  void settle(const NetworkFacts& facts, config::Diagnostics& diagnostics) override {
    units.settle(facts, diagnostics);
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    std::vector<Parameter> parameters{
        emitter.parameter("kernel", {units.number, in.c}, Initializer::glorot_uniform)};
    if (bias) parameters.push_back(emitter.parameter("bias", {units.number}, Initializer::zeros));
    const int product = emitter.add(Dense{.units = units.number, .bias = bias}, {input},
                                    {units.number, in.t, in.h, in.w}, std::move(parameters));
    activate(emitter, product, activation);
  }
};

}  // namespace

std::vector<LayerKind> dense_layers() {
  return {layer_kind<DenseLayer>("dense", "every unit from every channel, at each position",
                                 "units: 7, activation: softmax")};
}

}  // namespace actionflow
