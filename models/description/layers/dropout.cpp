#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

struct DropoutLayer : Layer {
  float rate = 0.5F;

  static void describe(config::Fields<DropoutLayer>& fields) {
    fields.add("rate", &DropoutLayer::rate, "share of the values set to zero").range(0, 0.999);
  }
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    emitter.add(Dropout{.rate = rate}, {input}, emitter.extents(input));
  }
};

}  // namespace

std::vector<LayerKind> dropout_layers() {
  return {layer_kind<DropoutLayer>("dropout", "in training sets values to zero; otherwise nothing",
                                   "rate: 0.25")};
}

}  // namespace actionflow
