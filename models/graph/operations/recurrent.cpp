#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const Recurrent& recurrent, const Graph& graph, const GraphNode& node) {
  const bool lstm = recurrent.cell == Recurrent::Cell::lstm;
  const Extents& in = graph.extents(node.inputs.at(0));
  Traits traits;
  traits.name = lstm ? "lstm" : "gru";
  traits.multiply_accumulates =
      saturating_product({in.t, lstm ? 4 : 3, recurrent.units, in.c + recurrent.units});
  traits.time.reset();
  traits.recurrent = true;
  traits.backward = recurrent.backward;
  return traits;
}

}  // namespace actionflow
