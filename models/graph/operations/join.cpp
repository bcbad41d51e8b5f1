#include <algorithm>

#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const Concat& concat, const Graph& graph, const GraphNode& node) {
  Traits traits;
  traits.name = "concat";
  traits.moves = true;
  const bool repeats = std::any_of(node.inputs.begin(), node.inputs.end(),
                                   [&](int input) { return graph.extents(input).t != node.extents.t; });
  if (concat.axis == ValueAxis::t || repeats) traits.time.reset();
  traits.joins = node.inputs.size() > 1;
  return traits;
}

Traits traits_of(const Elementwise& join, const Graph&, const GraphNode& node) {
  const bool adds = join.kind == Elementwise::Kind::add;
  Traits traits;
  traits.name = adds ? "add" : join.kind == Elementwise::Kind::multiply ? "multiply" : "maximum";
  traits.joins = node.inputs.size() > 1;
  if (adds && join.scale == 1 && node.inputs.size() == 2) traits.follower = Follower::sum;
  return traits;
}

}  // namespace actionflow
