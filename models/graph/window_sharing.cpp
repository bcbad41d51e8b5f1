#include "models/graph/window_sharing.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "models/graph/operations/operation_traits.h"

namespace actionflow {
namespace {

// Padded, a step sees what is outside its window. Where such steps are as many as those that they read, but
// for their stride, they can be told apart from windows and shared approximately.
bool may_share(const Graph& graph, const GraphNode& node, const std::optional<TimeWindow>& window,
               Sharing sharing) {
  if (!window || !window->padded()) return window.has_value();
  return sharing == Sharing::approximate && window->outside &&
         node.extents.t * window->stride == graph.extents(node.inputs.front()).t;
}

// One step for all of the window's, as a gate is.
bool holds_for_all(const Graph& graph, const GraphNode& node, int input) {
  return graph.extents(input).t == 1 && node.extents.t > 1;
}

std::int64_t stride_of(const Graph& graph, const GraphNode& node, const std::vector<std::int64_t>& strides,
                       Sharing sharing) {
  const std::optional<TimeWindow> window = traits(graph, node).time;
  if (!may_share(graph, node, window, sharing)) return 0;
  std::vector<int> inputs = node.inputs;
  if (sharing == Sharing::approximate)
    std::erase_if(inputs, [&](int input) { return holds_for_all(graph, node, input); });
  const auto at = [&](int value) { return value < 0 ? 1 : strides[static_cast<std::size_t>(value)]; };
  const auto first = inputs.begin();
  const bool alike = first != inputs.end() && std::all_of(first, inputs.end(), [&](int input) {
                       return at(input) == at(*first) && graph.extents(input).t == graph.extents(*first).t;
                     });
  return alike ? saturating_product({at(*first), window->stride}) : 0;
}

std::string why_not_alike(const Graph& graph, const GraphNode& node) {
  const std::optional<TimeWindow> window = traits(graph, node).time;
  return fmt::format("begins with '{}', which {}", node.name,
                     window && window->padded()
                         ? "pads each window in time, expected one that is unpadded there"
                         : "sees each window as a whole");
}

}  // namespace

std::vector<std::int64_t> sample_strides(const Graph& graph, Sharing sharing) {
  std::vector<std::int64_t> strides;
  strides.reserve(graph.nodes.size());
  for (const GraphNode& node : graph.nodes) strides.push_back(stride_of(graph, node, strides, sharing));
  return strides;
}

std::vector<bool> window_borders(const Graph& graph, Sharing sharing) {
  const std::vector<std::int64_t> strides = sample_strides(graph, sharing);
  std::vector<bool> borders(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (strides[i] != 0) continue;
    for (const int input : graph.nodes[i].inputs)
      if (input >= 0 && strides[static_cast<std::size_t>(input)] != 0)
        borders[static_cast<std::size_t>(input)] = true;
  }
  return borders;
}

std::vector<std::int64_t> new_steps(const Graph& graph, std::int64_t hop, Sharing sharing) {
  std::vector<std::int64_t> steps = sample_strides(graph, sharing);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::int64_t fresh = steps[i] == 0 ? 0 : hop / steps[i];
    steps[i] = fresh < graph.nodes[i].extents.t ? fresh : 0;
  }
  return steps;
}

std::int64_t least_hop(const Graph& graph, Sharing sharing) {
  const std::vector<std::int64_t> strides = sample_strides(graph, sharing);
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < strides.size(); ++i)
    if (strides[i] != 0 && graph.nodes[i].extents.t > 1) stride = std::lcm(stride, strides[i]);
  return stride;
}

std::string why_nothing_shared(const Graph& graph, std::int64_t hop, Sharing sharing) {
  if (hop >= graph.input.t)
    return fmt::format("has windows of {} samples, which {} samples apart have none in common", graph.input.t,
                       hop);
  const std::int64_t stride = least_hop(graph, sharing);
  if (hop % stride != 0)
    return fmt::format(
        "has one step for {} samples in the end, expected a hop that is a multiple of {}, not {}", stride,
        stride, hop);
  const std::vector<std::int64_t> fresh = new_steps(graph, hop, sharing);
  if (std::any_of(fresh.begin(), fresh.end(), [](std::int64_t steps) { return steps != 0; })) return {};
  const std::vector<std::int64_t> strides = sample_strides(graph, sharing);
  const bool alike = std::any_of(strides.begin(), strides.end(), [](std::int64_t each) { return each != 0; });
  if (alike || graph.nodes.empty())
    return fmt::format("has no step that windows {} samples apart have in common, expected a smaller hop",
                       hop);
  return why_not_alike(graph, graph.nodes.front());
}

}  // namespace actionflow
