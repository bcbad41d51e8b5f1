#include <fmt/format.h>

#include "models/layers/activation.h"
#include "models/layers/layers.h"

namespace actionflow {
namespace {

constexpr std::int64_t kMostUnits = 1 << 24;

struct DenseLayer : Layer {
  config::Value units;
  bool bias = true;
  std::optional<ActivationKind> activation;

  static void describe(config::Fields<DenseLayer>& fields) {
    fields.add("units", &DenseLayer::units, "channels of the result, or the word classes").required();
    fields.add("bias", &DenseLayer::bias, "adds a learned number a unit");
    fields.add("activation", &DenseLayer::activation, kActivationHelp);
  }

  void settle(const NetworkFacts& facts, config::Diagnostics& diagnostics) override {
    if (units.is_null()) return;
    if (units.text() == "classes") {
      count_ = facts.classes;
      if (facts.classes == 0)
        diagnostics.add(units.place(), "units is 'classes', but the file has no 'classes:'");
      return;
    }
    config::Diagnostics own;
    count_ = config::read<std::int64_t>(units, own);
    if (!own.empty() || count_ < 1 || count_ > kMostUnits) {
      diagnostics.add(units.place(),
                      fmt::format("units is '{}', expected 1 to {}, or classes", units.text(), kMostUnits));
    }
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    std::vector<Parameter> parameters{
        emitter.parameter("kernel", {count_, in.c}, Initializer::glorot_uniform)};
    if (bias) parameters.push_back(emitter.parameter("bias", {count_}, Initializer::zeros));
    const int product = emitter.add(Dense{.units = count_, .bias = bias}, {input}, {count_, in.t, in.h, in.w},
                                    std::move(parameters));
    activate(emitter, product, activation);
  }

 private:
  std::int64_t count_ = 0;
};

}  // namespace

std::vector<LayerKind> dense_layers() {
  return {layer_kind<DenseLayer>("dense", "every unit from every channel, at each position",
                                 "units: 7, activation: softmax")};
}

}  // namespace actionflow
