#include "models/training/class_activation.h"

#include <algorithm>
#include <cmath>

#include "models/network/action_scores.h"
#include "models/training/training_network.h"

namespace actionflow {

namespace {

// As classify runs it: nothing is dropped out.
Architecture without_dropout(Architecture architecture) {
  for (GraphNode& node : architecture.graph.nodes)
    if (auto* dropout = std::get_if<Dropout>(&node.operation)) dropout->rate = 0;
  return architecture;
}

TrainingOptions inference_options() {
  TrainingOptions options;
  options.freeze_batch_norm = true;
  return options;
}

// A place between two neighbours.
struct Between {
  std::int64_t low = 0, high = 0;
  float share = 0;  // of `high`
};

Between between(double at, std::int64_t extent) {
  const double place =
      std::clamp(at * static_cast<double>(extent) - 0.5, 0.0, static_cast<double>(extent - 1));
  const auto low = static_cast<std::int64_t>(place);
  return {low, std::min(low + 1, extent - 1), static_cast<float>(place - static_cast<double>(low))};
}

// What the clip's answer is asked for: one class, and of action scores that there is an action, both at one
// step.
Tensor asked_for(const Extents& output, int label, std::int64_t step, bool actions) {
  if (!actions) {
    Tensor asked({1, output.c});
    // One sigmoid output tells the second of two classes.
    if (output.c == 1)
      asked.data()[0] = label == 0 ? -1.0F : 1.0F;
    else
      asked.data()[label] = 1;
    return asked;
  }
  Tensor asked({1, output.c, output.t});
  const std::int64_t whether = output.c - kActionOutputs;
  asked.data()[label * output.t + step] = 1;
  asked.data()[whether * output.t + step] = 1;
  return asked;
}

}  // namespace

struct ClassActivation::State {
  State(Architecture architecture, const Weights& weights)
      : network(without_dropout(std::move(architecture)), weights, inference_options()) {}

  TrainingNetwork network;
};

ClassActivation::ClassActivation(Architecture architecture, const Weights& weights)
    : state_(std::make_unique<State>(std::move(architecture), weights)) {}

ClassActivation::~ClassActivation() = default;

ActivationMap ClassActivation::map(std::span<const std::uint8_t* const> frames, int label,
                                   std::int64_t step) {
  const Architecture& architecture = state_->network.architecture();
  const Extents& output = architecture.graph.extents(architecture.graph.output);
  const LayerGradient layer =
      state_->network.last_map(frames, asked_for(output, label, step, architecture.gives_action_scores()));
  ActivationMap map{layer.layer, layer.value.dim(2), layer.value.dim(3), layer.value.dim(4), {}};
  const auto places = static_cast<std::size_t>(map.frames * map.height * map.width);
  map.values.resize(places);
  const auto channels = static_cast<std::size_t>(layer.value.dim(1));
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t i = 0; i < places; ++i)
      map.values[i] += layer.value.data()[c * places + i] * layer.gradient.data()[c * places + i];
  const float most = std::max(0.0F, *std::ranges::max_element(map.values));
  for (float& value : map.values) value = most > 0 ? std::max(0.0F, value) / most : 0;
  return map;
}

float ActivationMap::at(double time, double y, double x) const {
  const Between t = between(time, frames), row = between(y, height), column = between(x, width);
  const auto value = [&](std::int64_t k, std::int64_t i, std::int64_t j) {
    return values[static_cast<std::size_t>((k * height + i) * width + j)];
  };
  const auto line = [&](std::int64_t k, std::int64_t i) {
    return std::lerp(value(k, i, column.low), value(k, i, column.high), column.share);
  };
  const auto picture = [&](std::int64_t k) {
    return std::lerp(line(k, row.low), line(k, row.high), row.share);
  };
  return std::lerp(picture(t.low), picture(t.high), t.share);
}

}  // namespace actionflow
