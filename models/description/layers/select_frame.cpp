#include <fmt/format.h>

#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

struct SelectFrameLayer : Layer {
  int frame = 0;

  static void describe(config::Fields<SelectFrameLayer>& fields) {
    fields.add("frame", &SelectFrameLayer::frame, "which sample, from 0; negative ones count from the end");
  }
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    Extents result = emitter.extents(input);
    if (frame < -result.t || frame >= result.t) {
      emitter.fail(fmt::format("frame is {}, but its input {} has {} samples", frame, emitter.describe(input),
                               result.t));
    }
    result.t = 1;
    emitter.add(SelectFrame{.frame = frame}, {input}, result);
  }
};

}  // namespace

std::vector<LayerKind> select_frame_layers() {
  return {layer_kind<SelectFrameLayer>("select_frame", "one sample of the clip", "frame: -1")};
}

}  // namespace actionflow
