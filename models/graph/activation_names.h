// What activations are called in model files.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "models/graph/operation.h"

namespace actionflow {

// A clip by its name has the bounds 0 and 6.
inline constexpr std::array<std::pair<ActivationKind, std::string_view>, 17> kActivationNames{
    {{ActivationKind::relu, "relu"},
     {ActivationKind::leaky_relu, "leaky_relu"},
     {ActivationKind::clip, "relu6"},
     {ActivationKind::elu, "elu"},
     {ActivationKind::selu, "selu"},
     {ActivationKind::sigmoid, "sigmoid"},
     {ActivationKind::hard_sigmoid, "hard_sigmoid"},
     {ActivationKind::tanh, "tanh"},
     {ActivationKind::softplus, "softplus"},
     {ActivationKind::softsign, "softsign"},
     {ActivationKind::exponential, "exponential"},
     {ActivationKind::silu, "silu"},
     {ActivationKind::hard_swish, "hard_swish"},
     {ActivationKind::mish, "mish"},
     {ActivationKind::gelu, "gelu"},
     {ActivationKind::gelu_tanh, "gelu_tanh"},
     {ActivationKind::softmax, "softmax"}}};

}  // namespace actionflow
