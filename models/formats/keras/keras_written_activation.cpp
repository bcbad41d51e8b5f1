#include "models/formats/keras/keras_written_activation.h"

#include <cmath>

namespace actionflow {

std::string keras_function_of(const Activation& activation) {
  const Activation usual{.kind = activation.kind};
  switch (activation.kind) {
    case ActivationKind::relu:
      return "relu";
    case ActivationKind::leaky_relu:
      return activation.slope == usual.slope && activation.low == 0 ? "leaky_relu" : "";
    case ActivationKind::clip:
      if (activation.low == 0 && activation.high == 6) return "relu6";
      return activation.low == -1 && activation.high == 1 ? "hard_tanh" : "";
    case ActivationKind::elu:
      return activation.alpha == 1 ? "elu" : "";
    case ActivationKind::selu:
      return "selu";
    case ActivationKind::sigmoid:
      return "sigmoid";
    case ActivationKind::hard_sigmoid:
      return std::abs(activation.slope - 1.0F / 6) <= 1e-6F ? "hard_sigmoid" : "";
    case ActivationKind::tanh:
      return "tanh";
    case ActivationKind::softplus:
      return "softplus";
    case ActivationKind::softsign:
      return "softsign";
    case ActivationKind::exponential:
      return "exponential";
    case ActivationKind::silu:
      return "silu";
    case ActivationKind::hard_swish:
      return "hard_silu";
    case ActivationKind::mish:
      return "mish";
    case ActivationKind::gelu:
      return "gelu";
    case ActivationKind::gelu_tanh:
      return "";
    case ActivationKind::softmax:
      return "softmax";
  }
  return "";
}

std::pair<std::string, nlohmann::ordered_json> keras_layer_of(const Activation& activation) {
  if (const std::string name = keras_function_of(activation); !name.empty())
    return {"Activation", {{"activation", name}}};
  switch (activation.kind) {
    case ActivationKind::leaky_relu:
      if (activation.low == 0) return {"LeakyReLU", {{"negative_slope", activation.slope}}};
      return {"ReLU",
              {{"max_value", nullptr}, {"negative_slope", activation.slope}, {"threshold", activation.low}}};
    case ActivationKind::clip:
      if (activation.low != 0) return {};
      return {"ReLU", {{"max_value", activation.high}, {"negative_slope", 0}, {"threshold", 0}}};
    case ActivationKind::elu:
      return {"ELU", {{"alpha", activation.alpha}}};
    case ActivationKind::gelu_tanh:
      return {"Gelu", {{"approximate", true}}};
    default:
      return {};
  }
}

}  // namespace actionflow
