#include "models/formats/names/channel_order.h"

#include <algorithm>
#include <variant>

#include "models/graph/traits.h"

namespace actionflow {
namespace {

FlattenedMaps of_value(const std::vector<FlattenedMaps>& values, int value) {
  return value < 0 ? FlattenedMaps{} : values[static_cast<std::size_t>(value)];
}

// A flatten, as a whole or each sample by itself. What else a reshape does, PyTorch would do otherwise.
FlattenedMaps reshaped(const Extents& from, const Extents& to, const FlattenedMaps& before) {
  if (from.positions() == 1 && to.positions() == 1) return before;
  if (!before.empty() || to.h != 1 || to.w != 1) return {};
  if (to.t == 1) return {from};
  return to.t == from.t ? FlattenedMaps{{from.c, 1, from.h, from.w}} : FlattenedMaps{};
}

FlattenedMaps joined_maps(const Graph& graph, const GraphNode& node,
                          const std::vector<FlattenedMaps>& values) {
  FlattenedMaps maps;
  bool flattened = false;
  for (const int input : node.inputs) {
    const FlattenedMaps held = of_value(values, input);
    flattened = flattened || !held.empty();
    if (held.empty()) {
      maps.push_back({graph.extents(input).c, 1, 1, 1});
    } else {
      maps.insert(maps.end(), held.begin(), held.end());
    }
  }
  return flattened ? maps : FlattenedMaps{};
}

FlattenedMaps of_node(const Graph& graph, const GraphNode& node, const std::vector<FlattenedMaps>& values) {
  const FlattenedMaps first = of_value(values, node.inputs.empty() ? -1 : node.inputs[0]);
  if (const auto* reshape = std::get_if<Reshape>(&node.operation))
    return reshaped(graph.extents(node.inputs[0]), reshape->to, first);
  if (std::holds_alternative<Concat>(node.operation)) return joined_maps(graph, node, values);
  return traits(graph, node).channelwise ? first : FlattenedMaps{};
}

}  // namespace

std::vector<FlattenedMaps> flattened_inputs(const Graph& graph) {
  std::vector<FlattenedMaps> values, inputs;
  for (const GraphNode& node : graph.nodes) {
    inputs.push_back(of_value(values, node.inputs.empty() ? -1 : node.inputs[0]));
    values.push_back(of_node(graph, node, values));
  }
  return inputs;
}

ChannelOrder channel_order(const FlattenedMaps& maps) {
  if (std::all_of(maps.begin(), maps.end(),
                  [](const Extents& map) { return map.positions() == 1 || map.c == 1; }))
    return {};
  ChannelOrder order;
  std::int64_t first = 0;
  for (const Extents& map : maps) {
    for (std::int64_t position = 0; position < map.positions(); ++position) {
      for (std::int64_t c = 0; c < map.c; ++c) order.push_back(first + c * map.positions() + position);
    }
    first += map.size();
  }
  return order;
}

}  // namespace actionflow
