#include "models/graph/operations/operations.h"

namespace actionflow {

Traits traits_of(const History&, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "history";
  traits.time.reset();
  traits.channelwise = true;
  return traits;
}

}  // namespace actionflow
