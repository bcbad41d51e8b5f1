#include <fmt/format.h>

#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

struct MatMulLayer : Layer {
  bool transposed = false;

  static void describe(config::Fields<MatMulLayer>& fields) {
    fields.add("transposed", &MatMulLayer::transposed, "the second's matrices are transposed before");
  }

  void emit(Emitter& emitter) const override {
    const std::vector<int>& inputs = emitter.inputs();
    if (inputs.size() != 2)
      emitter.fail(fmt::format("has {} inputs, expected two: from: [rows, columns]", inputs.size()));
    const Extents &a = emitter.extents(inputs[0]), &b = emitter.extents(inputs[1]);
    if (a.t != b.t || a.h != b.h || a.c != (transposed ? b.c : b.w))
      emitter.fail(fmt::format(
          "{} and {} do not fit: expected equal time and height, and as many channels "
          "as the second has {}",
          emitter.describe(inputs[0]), emitter.describe(inputs[1]), transposed ? "channels" : "along width"));
    emitter.add(MatMul{transposed}, inputs, {.c = transposed ? b.w : b.c, .t = a.t, .h = a.h, .w = a.w});
  }
};

}  // namespace

std::vector<LayerKind> matmul_layers() {
  return {layer_kind<MatMulLayer>("matmul",
                                  "products of matrices of width × channels, one for each time and height",
                                  "from: [input, input], transposed: true")};
}

}  // namespace actionflow
