#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits_of(const Dropout& dropout, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "dropout";
  traits.moves = true;
  traits.channelwise = true;
  traits.view = View::same;
  traits.only_in_training = dropout.rate != 0;
  traits.follower = Follower::identity;
  return traits;
}

}  // namespace actionflow
