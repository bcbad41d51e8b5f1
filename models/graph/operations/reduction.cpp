#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const Reduction& reduction, const Graph& graph, const GraphNode& node) {
  Traits traits;
  traits.name = reduction.kind == Reduction::Kind::max ? "global maximum" : "global mean";
  if (reduction.time && graph.extents(node.inputs.at(0)).t != 1) traits.time.reset();
  traits.channelwise = true;
  traits.moves = reduction.kind == Reduction::Kind::max;
  return traits;
}

}  // namespace actionflow
