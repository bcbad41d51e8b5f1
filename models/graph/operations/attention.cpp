#include "models/graph/operations/operation_traits.h"

namespace actionflow {
namespace {

std::int64_t seen_along(int window, std::int64_t extent) { return window == 0 ? extent : window; }

}  // namespace

// q·kᵀ and the weights times v, and of decomposed biases q's products with the vectors of each key's row,
// column and sample.
Traits traits_of(const Attention& attention, const Graph& graph, const GraphNode& node) {
  const Extents& keys = graph.extents(node.inputs.at(node.inputs.size() == 3 ? 1 : 0));
  const std::int64_t seen =
      saturating_product({seen_along(attention.window[0], keys.t), seen_along(attention.window[1], keys.h),
                          seen_along(attention.window[2], keys.w)});
  Traits traits;
  traits.name = "attention";
  const bool decomposed = attention.bias == Attention::Bias::decomposed;
  const std::int64_t vectors =
      decomposed ? attention.key_map[0] + attention.key_map[1] + attention.key_map[2] : 0;
  traits.multiply_accumulates = saturating_product({node.extents.size(), 2 * seen + vectors});
  if (attention.window[0] != 1 && graph.extents(node.inputs.at(0)).t != 1) traits.time.reset();
  return traits;
}

}  // namespace actionflow
