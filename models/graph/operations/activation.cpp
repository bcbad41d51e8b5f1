#include <algorithm>

#include "models/graph/activation_names.h"
#include "models/graph/operations/operation_traits.h"

namespace actionflow {

namespace {

std::string activation_name(ActivationKind kind) {
  if (kind == ActivationKind::clip) return "clip";
  std::string name;
  for (const auto& [one, called] : kActivationNames)
    if (one == kind) name = called;
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// By oneDNN, too.
bool joins_product(const Activation& activation) {
  if (activation.kind == ActivationKind::leaky_relu) return activation.low == 0;
  return activation.kind != ActivationKind::softsign && activation.kind != ActivationKind::softmax;
}

}  // namespace

Traits traits_of(const Activation& activation, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = activation_name(activation.kind);
  traits.channelwise = true;
  traits.in_place = true;
  if (joins_product(activation)) traits.follower = Follower::activation;
  return traits;
}

Traits traits_of(const Scale&, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "scale";
  traits.channelwise = true;
  traits.in_place = true;
  traits.follower = Follower::scale_shift;
  return traits;
}

Traits traits_of(const PRelu&, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = "prelu";
  traits.channelwise = true;
  traits.in_place = true;
  return traits;
}

}  // namespace actionflow
