#include "models/description/layers/layers.h"

namespace actionflow {

enum class ReducedAxes { all, space, time };

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::ReducedAxes> {
  using Axes = actionflow::ReducedAxes;
  static constexpr std::array<std::pair<Axes, std::string_view>, 3> names{
      {{Axes::all, "all"}, {Axes::space, "space"}, {Axes::time, "time"}}};
};

namespace actionflow {
namespace {

void add_reduction(Emitter& emitter, const Reduction& reduction) {
  const int input = emitter.input();
  Extents result = emitter.extents(input);
  if (reduction.time) result.t = 1;
  if (reduction.space) result.h = result.w = 1;
  emitter.add(reduction, {input}, result);
}

template <Reduction::Kind kind>
struct GlobalPool : Layer {
  ReducedAxes over = ReducedAxes::all;

  static void describe(config::Fields<GlobalPool>& fields) {
    fields.add("over", &GlobalPool::over, "which axes become 1");
  }
  void emit(Emitter& emitter) const override {
    add_reduction(emitter,
                  {.kind = kind, .time = over != ReducedAxes::space, .space = over != ReducedAxes::time});
  }
};

template <Reduction::Kind kind>
struct OverTime : Layer {
  static void describe(config::Fields<OverTime>&) {}
  void emit(Emitter& emitter) const override {
    add_reduction(emitter, {.kind = kind, .time = true, .space = false});
  }
};

}  // namespace

std::vector<LayerKind> reduction_layers() {
  using enum Reduction::Kind;
  return {
      layer_kind<GlobalPool<mean>>("global_average_pool",
                                   "the mean over all positions, or over space or time", "over: space"),
      layer_kind<GlobalPool<max>>("global_max_pool", "the largest of all positions, or over space or time",
                                  ""),
      layer_kind<OverTime<max>>("max_over_time", "the largest of all samples, at each place", ""),
      layer_kind<OverTime<mean>>("mean_over_time", "the mean of all samples, at each place", ""),
  };
}

}  // namespace actionflow
