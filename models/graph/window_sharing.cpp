#include "models/graph/window_sharing.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "models/graph/operations/operations.h"

namespace actionflow {
namespace {

std::int64_t stride_of(const Graph& graph, const GraphNode& node, const std::vector<std::int64_t>& strides) {
  const std::optional<TimeWindow> window = traits(graph, node).time;
  if (!window || window->padded()) return 0;
  const auto at = [&](int value) { return value < 0 ? 1 : strides[static_cast<std::size_t>(value)]; };
  const int first = node.inputs.front();
  const bool alike = std::all_of(node.inputs.begin(), node.inputs.end(), [&](int input) {
    return at(input) == at(first) && graph.extents(input).t == graph.extents(first).t;
  });
  return alike ? saturating_product({at(first), window->stride}) : 0;
}

std::string why_not_alike(const Graph& graph, const GraphNode& node) {
  const std::optional<TimeWindow> window = traits(graph, node).time;
  return fmt::format("begins with '{}', which {}", node.name,
                     window && window->padded()
                         ? "pads each window in time, expected one that is unpadded there"
                         : "sees each window as a whole");
}

}  // namespace

std::vector<std::int64_t> sample_strides(const Graph& graph) {
  std::vector<std::int64_t> strides;
  strides.reserve(graph.nodes.size());
  for (const GraphNode& node : graph.nodes) strides.push_back(stride_of(graph, node, strides));
  return strides;
}

std::vector<bool> window_borders(const Graph& graph) {
  const std::vector<std::int64_t> strides = sample_strides(graph);
  std::vector<bool> borders(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (strides[i] != 0) continue;
    for (const int input : graph.nodes[i].inputs)
      if (input >= 0 && strides[static_cast<std::size_t>(input)] != 0)
        borders[static_cast<std::size_t>(input)] = true;
  }
  return borders;
}

std::vector<std::int64_t> new_steps(const Graph& graph, std::int64_t hop) {
  std::vector<std::int64_t> steps = sample_strides(graph);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::int64_t fresh = steps[i] == 0 ? 0 : hop / steps[i];
    steps[i] = fresh < graph.nodes[i].extents.t ? fresh : 0;
  }
  return steps;
}

std::int64_t least_hop(const Graph& graph) {
  const std::vector<std::int64_t> strides = sample_strides(graph);
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < strides.size(); ++i)
    if (strides[i] != 0 && graph.nodes[i].extents.t > 1) stride = std::lcm(stride, strides[i]);
  return stride;
}

std::string why_nothing_shared(const Graph& graph, std::int64_t hop) {
  if (hop >= graph.input.t)
    return fmt::format("has windows of {} samples, which {} samples apart have none in common", graph.input.t,
                       hop);
  const std::int64_t stride = least_hop(graph);
  if (hop % stride != 0)
    return fmt::format(
        "has one step for {} samples in the end, expected a hop that is a multiple of {}, not {}", stride,
        stride, hop);
  const std::vector<std::int64_t> fresh = new_steps(graph, hop);
  if (std::any_of(fresh.begin(), fresh.end(), [](std::int64_t steps) { return steps != 0; })) return {};
  const std::vector<std::int64_t> strides = sample_strides(graph);
  const bool alike = std::any_of(strides.begin(), strides.end(), [](std::int64_t each) { return each != 0; });
  if (alike || graph.nodes.empty())
    return fmt::format("has no step that windows {} samples apart have in common, expected a smaller hop",
                       hop);
  return why_not_alike(graph, graph.nodes.front());
}

}  // namespace actionflow
