#include "models/graph/operations/operations.h"

namespace actionflow {

Traits traits_of(const Concat&, const Graph&, const GraphNode& node) {
  Traits traits;
  traits.name = "concat";
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
