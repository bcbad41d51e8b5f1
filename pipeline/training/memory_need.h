// What training takes of memory, counted before anything is made.
#pragma once

#include <cstddef>

#include "datasets/lists/dataset.h"
#include "models/description/architecture.h"
#include "pipeline/recipe/recipe.h"

namespace actionflow {

// Beside a step's own values, weights and gradients: moments, averages, what validation has of the weights,
// decoders of the videos as the workers need them, the program. Opens a few videos to see their size.
std::size_t bytes_beside_steps(const Recipe& recipe, const Architecture& architecture,
                               const Dataset& dataset);

// Throws ModelError where the weights and what is kept of each would not fit into memory. What a step needs
// is looked at when its plan is made.
void check_memory_of_weights(const Recipe& recipe, const Architecture& architecture, const Dataset& dataset);

}  // namespace actionflow
