#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const BatchNorm&, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "batch norm";
  traits.channelwise = true;
  traits.in_place = true;
  traits.follower = Follower::scale_shift;
  return traits;
}

}  // namespace actionflow
