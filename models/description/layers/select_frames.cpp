#include <fmt/format.h>

#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

void select(Emitter& emitter, int input, std::vector<int> frames) {
  Extents result = emitter.extents(input);
  result.t = static_cast<std::int64_t>(frames.size());
  emitter.add(SelectFrames{std::move(frames)}, {input}, result);
}

struct SelectFrameLayer : Layer {
  int frame = 0;

  static void describe(config::Fields<SelectFrameLayer>& fields) {
    fields.add("frame", &SelectFrameLayer::frame, "which sample, from 0; negative ones count from the end");
  }
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const std::int64_t steps = emitter.extents(input).t;
    if (frame < -steps || frame >= steps) {
      emitter.fail(
          fmt::format("frame is {}, but its input {} has {} samples", frame, emitter.describe(input), steps));
    }
    select(emitter, input, {static_cast<int>(frame < 0 ? frame + steps : frame)});
  }
};

struct SelectFramesLayer : Layer {
  std::optional<int> stride, count;

  static void describe(config::Fields<SelectFramesLayer>& fields) {
    fields
        .add("stride", &SelectFramesLayer::stride, "the first sample, and each so many after the one before")
        .range(1, 1 << 20);
    fields.add("count", &SelectFramesLayer::count, "so many, evenly from the first to the last, rounded down")
        .range(1, 1 << 20);
  }

  void emit(Emitter& emitter) const override {
    if (stride.has_value() == count.has_value()) emitter.fail("takes either stride or count");
    const int input = emitter.input();
    const auto steps = static_cast<int>(emitter.extents(input).t);
    if (count.value_or(1) > steps)
      emitter.fail(fmt::format("count is {}, but its input {} has {} samples", *count,
                               emitter.describe(input), steps));
    select(emitter, input, stride ? each(steps) : evenly(steps));
  }

 private:
  std::vector<int> each(int steps) const {
    std::vector<int> frames;
    for (int t = 0; t < steps; t += *stride) frames.push_back(t);
    return frames;
  }

  std::vector<int> evenly(int steps) const {
    std::vector<int> frames{0};
    for (std::int64_t i = 1; i < *count; ++i)
      frames.push_back(static_cast<int>(i * (steps - 1) / (*count - 1)));
    return frames;
  }
};

struct Reverse : Layer {
  static void describe(config::Fields<Reverse>&) {}
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    std::vector<int> frames;
    for (auto t = static_cast<int>(emitter.extents(input).t); t-- > 0;) frames.push_back(t);
    select(emitter, input, std::move(frames));
  }
};

}  // namespace

std::vector<LayerKind> select_frames_layers() {
  return {layer_kind<SelectFrameLayer>("select_frame", "one sample of the clip", "frame: -1"),
          layer_kind<SelectFramesLayer>("select_frames", "samples of the clip at a lower rate", "stride: 4"),
          layer_kind<Reverse>("reverse", "the samples of the clip from the last to the first", "")};
}

}  // namespace actionflow
