#include "models/description/network_rules.h"

#include <fmt/format.h>

#include "models/description/layers/action_outputs.h"
#include "models/graph/causality.h"

namespace actionflow {
namespace {

using config::Diagnostics;

const LayerInfo& layer_of(const Architecture& architecture, const GraphNode& node) {
  return architecture.layers[static_cast<std::size_t>(node.layer)];
}

// Classes that a result of so many channels tells apart.
std::size_t told_classes(const Architecture& architecture, std::int64_t channels) {
  if (architecture.gives_action_scores()) return static_cast<std::size_t>(channels - kActionOutputs);
  return static_cast<std::size_t>(channels == 1 ? 2 : channels);
}

}  // namespace

std::vector<std::string> numbered_classes(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("class {}", i));
  return names;
}

void check_all_used(const Architecture& architecture, Diagnostics& diagnostics) {
  const Graph& graph = architecture.graph;
  const std::vector<std::vector<int>> readers = consumers(graph);
  for (std::size_t i = 0; i + 1 < graph.nodes.size(); ++i) {
    if (!readers[i + 1].empty()) continue;
    const LayerInfo& layer = layer_of(architecture, graph.nodes[i]);
    diagnostics.add(layer.place, fmt::format("layer '{}' ({}) is read by no layer, and is not the last",
                                             layer.name, layer.type));
  }
}

void settle_classes(Architecture& architecture, Diagnostics& diagnostics) {
  const Extents& result = architecture.graph.extents(architecture.graph.output);
  const bool vector = result.positions() == 1 || (architecture.streams && result.h * result.w == 1);
  const std::size_t told = told_classes(architecture, result.c);
  std::vector<std::string>& classes = architecture.classes;
  if (classes.empty()) {
    if (vector && told <= kMostClasses) classes = numbered_classes(told);
    return;
  }
  if (vector && told == classes.size()) return;
  const LayerInfo& last = architecture.layers.back();
  const std::size_t channels = classes.size() + (architecture.gives_action_scores() ? kActionOutputs : 0);
  diagnostics.add(last.place, fmt::format("layer '{}' ({}) is the last and gives {}, expected {}×{}×1×1 for "
                                          "the {} classes",
                                          last.name, last.type, to_string(result), channels,
                                          architecture.streams ? result.t : 1, classes.size()));
}

void check_streams(const Architecture& architecture, Diagnostics& diagnostics) {
  if (!architecture.streams) return;
  const LayerInfo& last = architecture.layers.back();
  if (!architecture.gives_action_scores())
    diagnostics.add(last.place,
                    fmt::format("layer '{}' ({}) is the last of a network for streams, expected {}",
                                last.name, last.type, kActionScoresLayer));
  if (architecture.input.frames < 2)
    diagnostics.add(last.place,
                    "input.frames is 1, expected the length of a training sequence, at least 2, "
                    "as the network is for streams");
  int reported = -1;  // a layer of several operations is told of once
  for (const GraphNode& node : architecture.graph.nodes) {
    const std::string why = why_not_causal(architecture.graph, node);
    if (why.empty() || node.layer == reported) continue;
    reported = node.layer;
    const LayerInfo& layer = layer_of(architecture, node);
    diagnostics.add(layer.place,
                    fmt::format("layer '{}' ({}) cannot run along a stream, as streams: true wants "
                                "it: it {}",
                                layer.name, layer.type, why));
  }
}

}  // namespace actionflow
