#include "models/graph/operations/operation_traits.h"

namespace actionflow {

// A step of time is a matrix by itself.
Traits traits_of(const MatMul&, const Graph& graph, const GraphNode& node) {
  Traits traits;
  traits.name = "matrix product";
  traits.multiply_accumulates = saturating_product({node.extents.size(), graph.extents(node.inputs.at(0)).c});
  traits.joins = true;
  return traits;
}

}  // namespace actionflow
