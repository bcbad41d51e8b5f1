#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

struct ConstantLayer : Layer {
  int time = 1, height = 1, width = 1, channels = 1;

  static void describe(config::Fields<ConstantLayer>& fields) {
    const int most = 1 << 24;
    fields.add("time", &ConstantLayer::time, "its extent in time").range(1, most);
    fields.add("height", &ConstantLayer::height, "its height").range(1, most);
    fields.add("width", &ConstantLayer::width, "its width").range(1, most);
    fields.add("channels", &ConstantLayer::channels, "its channels").range(1, most);
  }

  void emit(Emitter& emitter) const override {
    emitter.add(Constant{}, {emitter.input()}, {.c = channels, .t = time, .h = height, .w = width},
                {emitter.parameter("value", {time, height, width, channels}, Initializer::small_normal)});
  }
};

}  // namespace

std::vector<LayerKind> constant_layers() {
  return {layer_kind<ConstantLayer>("constant", "a learned value that depends on no input",
                                    "time: 2, channels: 4")};
}

}  // namespace actionflow
