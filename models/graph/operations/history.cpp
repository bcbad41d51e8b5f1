#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const History& history, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "history";
  traits.moves = history.outside == 0;
  traits.time.reset();
  traits.channelwise = true;
  return traits;
}

}  // namespace actionflow
