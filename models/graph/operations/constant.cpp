#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const Constant&, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "constant";
  traits.time.reset();
  return traits;
}

}  // namespace actionflow
