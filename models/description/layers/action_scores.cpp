#include <fmt/format.h>

#include "models/description/layers/action_outputs.h"
#include "models/description/layers/count.h"
#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

struct ActionScoresLayer : Layer {
  Count classes{.number = 0, .classes = true, .place = {}};

  static void describe(config::Fields<ActionScoresLayer>& fields) {
    fields.add("classes", &ActionScoresLayer::classes, "how many; the file's unless told");
  }

  void settle(const NetworkFacts& facts, config::Diagnostics&) override {
    if (classes.classes) classes.number = facts.classes;
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    if (classes.number == 0) emitter.fail("tells the file's classes apart, but the file has no classes:");
    if (in.h != 1 || in.w != 1) {
      emitter.fail(
          fmt::format("takes one vector a sample (C×T×1×1), but its input {} has height and width; a flatten "
                      "with keep_time or a global pool over space before it makes one",
                      emitter.describe(input)));
    }
    const std::int64_t units = classes.number + kActionOutputs;
    emitter.add(Dense{.units = units}, {input}, {units, in.t, 1, 1},
                {emitter.parameter("kernel", {units, in.c}, Initializer::glorot_uniform),
                 emitter.parameter("bias", {units}, Initializer::zeros)});
  }
};

}  // namespace

std::vector<LayerKind> action_scores_layers() {
  return {layer_kind<ActionScoresLayer>(
      kActionScoresLayer, "at each sample: which class, whether an action is under way, and since when",
      "classes: 5", "{layer: flatten, keep_time: true}")};
}

}  // namespace actionflow
