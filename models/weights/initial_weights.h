// Random weights, as Keras starts its networks.
#pragma once

#include <cstdint>

#include "models/weights/weights.h"

namespace actionflow {

// Random weights by each parameter's initializer: a function of seed and name only.
Weights initial_weights(const Architecture& architecture, std::uint64_t seed);

}  // namespace actionflow
