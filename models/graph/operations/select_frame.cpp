#include "models/graph/operations/operations.h"

namespace actionflow {

Traits traits_of(const SelectFrame& select, const Graph& graph, const GraphNode& node) {
  const auto steps = static_cast<int>(graph.extents(node.inputs.at(0)).t);
  Traits traits;
  traits.name = "select frame";
  if (steps != 1) traits.time.reset();
  traits.channelwise = true;
  traits.view = View::sample;
  traits.sample = select.frame < 0 ? select.frame + steps : select.frame;
  return traits;
}

}  // namespace actionflow
