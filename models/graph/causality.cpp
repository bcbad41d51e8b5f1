#include "models/graph/causality.h"

#include <fmt/format.h>

#include "models/graph/traits.h"

namespace actionflow {
namespace {

std::string why_window_is_not(const TimeWindow& window) {
  if (window.stride != 1)
    return fmt::format("gives one sample for {}, expected one for each: stride 1 in time", window.stride);
  if (window.pad_end != 0 || window.pad_begin != window.extent - 1)
    return fmt::format("sees {} samples, expected the present one and those before it: padding: causal",
                       window.extent);
  if (window.padded() && !window.outside)
    return "is a mean over the samples that there are, which a stream's beginning would change: "
           "count_padding: true";
  return {};
}

}  // namespace

std::string why_not_causal(const Graph& graph, const GraphNode& node) {
  const Traits own = traits(graph, node);
  if (own.time) return why_window_is_not(*own.time);
  if (!own.recurrent)
    return "takes the sequence's samples together, expected each by itself: over: space, or keep_time: true";
  if (own.backward) return "runs from the last sample to the first, expected forward: lstm or gru";
  if (node.extents.t != graph.extents(node.inputs.front()).t)
    return "gives its last state alone, expected every sample's: sequence: true";
  return {};
}

}  // namespace actionflow
