#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const ConvLstm& lstm, const Graph& graph, const GraphNode& node) {
  const Extents& in = graph.extents(node.inputs.at(0));
  Traits traits;
  traits.name = "convolutional lstm";
  traits.multiply_accumulates =
      saturating_product({in.positions(), 4, lstm.units, lstm.units, lstm.kernel[0], lstm.kernel[1]});
  traits.time.reset();
  traits.recurrent = true;
  traits.backward = lstm.backward;
  return traits;
}

}  // namespace actionflow
