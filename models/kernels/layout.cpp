#include "models/kernels/layout.h"

namespace actionflow::kernels {

std::string to_string(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return "f32";
    case ElementType::bf16:
      return "bf16";
    case ElementType::u8:
      return "u8";
    case ElementType::s8:
      return "s8";
  }
  return {};
}

std::string to_string(const Layout& layout) {
  return "ndhwc" + std::to_string(layout.padded) + " " + to_string(layout.type);
}

Shape plain_shape(const Layout& layout) {
  const Extents& e = layout.extents;
  return {layout.batch, e.c, e.t, e.h, e.w};
}

bool keeps_zero(const Activation& activation) {
  switch (activation.kind) {
    case ActivationKind::relu:
    case ActivationKind::elu:
    case ActivationKind::selu:
    case ActivationKind::tanh:
    case ActivationKind::softsign:
    case ActivationKind::silu:
    case ActivationKind::hard_swish:
    case ActivationKind::mish:
    case ActivationKind::gelu:
    case ActivationKind::gelu_tanh:
      return true;
    case ActivationKind::leaky_relu:
      return activation.slope * activation.low == 0;
    case ActivationKind::clip:
      return activation.low <= 0 && activation.high >= 0;
    default:
      return false;
  }
}

std::vector<float> with_padding(const std::vector<float>& values, std::int64_t padded) {
  std::vector<float> result = values;
  result.resize(static_cast<std::size_t>(padded), 0.0F);
  return result;
}

}  // namespace actionflow::kernels
