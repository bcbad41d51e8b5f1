#include "models/graph/operations/operation_traits.h"

namespace actionflow {

namespace {

std::string activation_name(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::relu:
      return "relu";
    case ActivationKind::sigmoid:
      return "sigmoid";
    case ActivationKind::hard_sigmoid:
      return "hard sigmoid";
    case ActivationKind::tanh:
      return "tanh";
    case ActivationKind::silu:
      return "silu";
    case ActivationKind::hard_swish:
      return "hard swish";
    case ActivationKind::gelu:
      return "gelu";
    case ActivationKind::gelu_tanh:
      return "gelu tanh";
    case ActivationKind::softmax:
      return "softmax";
  }
  return "activation";
}

}  // namespace

Traits traits_of(const Activation& activation, const Graph&, const GraphNode&) {
  Traits traits;
  traits.name = activation_name(activation.kind);
  traits.channelwise = true;
  traits.in_place = true;
  if (activation.kind != ActivationKind::softmax) traits.follower = Follower::activation;
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
