#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const Dense& dense, const Graph& graph, const GraphNode& node) {
  Traits traits;
  traits.name = "dense";
  const Extents& in = graph.extents(node.inputs.at(0));
  traits.multiply_accumulates = saturating_product({in.positions(), in.c, dense.units});
  traits.takes_followers = true;
  traits.takes_sums = in.h * in.w > 1;
  traits.reads_padding = true;
  return traits;
}

}  // namespace actionflow
