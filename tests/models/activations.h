// Every activation that is computed value by value: with its usual parameters, and with others.
#pragma once

#include <vector>

#include "models/graph/activation_names.h"

namespace actionflow::testing {

inline std::vector<Activation> all_activations() {
  std::vector<Activation> all{{.kind = ActivationKind::leaky_relu, .slope = 0.3F, .low = 0.5F},
                              {.kind = ActivationKind::leaky_relu, .slope = 0},
                              {.kind = ActivationKind::clip, .low = -0.5F, .high = 0.7F},
                              {.kind = ActivationKind::clip, .low = 0.2F, .high = 0.7F},
                              {.kind = ActivationKind::elu, .alpha = 0.6F},
                              {.kind = ActivationKind::hard_sigmoid, .slope = 1.0F / 6}};
  for (const auto& [kind, name] : kActivationNames)
    if (kind != ActivationKind::softmax) all.push_back({.kind = kind});
  return all;
}

}  // namespace actionflow::testing
