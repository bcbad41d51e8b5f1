#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const Reshape&, const Graph& graph, const GraphNode& node) {
  Traits traits;
  traits.name = "reshape";
  traits.moves = true;
  if (graph.extents(node.inputs.at(0)).t != node.extents.t) traits.time.reset();
  traits.view = View::reshaped;
  return traits;
}

Traits traits_of(const Permute& permute, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "permute";
  traits.moves = true;
  if (permute.order[0] != 0) traits.time.reset();
  return traits;
}

}  // namespace actionflow
