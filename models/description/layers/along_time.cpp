// What moves or gathers values along time and learns nothing.
#include <fmt/format.h>

#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

struct TimeShiftLayer : Layer {
  int fold = 8;
  bool causal = false;

  static void describe(config::Fields<TimeShiftLayer>& fields) {
    fields.add("fold", &TimeShiftLayer::fold, "one channel in so many is shifted each way").range(2, 1 << 20);
    fields.add("causal", &TimeShiftLayer::causal, "from the sample before alone, as along a stream");
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    const std::int64_t channels = in.c / fold;
    if (channels == 0)
      emitter.fail(
          fmt::format("fold is {}, but its input {} has {} channels", fold, emitter.describe(input), in.c));
    TimeShift shift{.next = channels, .previous = channels, .pad_begin = 1, .pad_end = 1};
    if (causal) shift = {.previous = channels, .pad_begin = 1};
    emitter.add(shift, {input}, in);
  }
};

struct CumulativeAverage : Layer {
  static void describe(config::Fields<CumulativeAverage>&) {}
  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    emitter.add(CumulativeMean{}, {input}, emitter.extents(input));
  }
};

}  // namespace

std::vector<LayerKind> along_time_layers() {
  return {layer_kind<TimeShiftLayer>(
              "time_shift", "some channels from the sample after, some from the one before", "fold: 3"),
          layer_kind<CumulativeAverage>(
              "cumulative_average", "at each sample the mean of it and all before it, at each place", "")};
}

}  // namespace actionflow
