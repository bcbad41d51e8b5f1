#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const Convolution& conv, const Graph& graph, const GraphNode& node) {
  Traits traits;
  traits.name = "convolution";
  const Extents& in = graph.extents(node.inputs.at(0));
  traits.multiply_accumulates = saturating_product(
      {node.extents.size(), in.c / conv.groups, conv.kernel[0], conv.kernel[1], conv.kernel[2]});
  traits.time = TimeWindow{conv.stride[0], conv.dilation[0] * (conv.kernel[0] - 1) + 1, conv.pad_begin[0],
                           conv.pad_end[0]};
  traits.takes_followers = true;
  traits.takes_sums = true;
  return traits;
}

}  // namespace actionflow
