#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const LayerNorm&, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "layer norm";
  traits.in_place = true;
  return traits;
}

}  // namespace actionflow
