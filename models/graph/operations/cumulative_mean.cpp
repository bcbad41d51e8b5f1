#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const CumulativeMean&, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "cumulative mean";
  traits.time.reset();
  traits.recurrent = true;
  traits.channelwise = true;
  return traits;
}

}  // namespace actionflow
