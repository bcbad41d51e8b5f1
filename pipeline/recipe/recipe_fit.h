// Whether what a recipe says of its network and of its classes is so: known before a video is opened.
#pragma once

#include "base/config/config.h"
#include "models/description/architecture.h"
#include "pipeline/recipe/recipe.h"

namespace actionflow {

// Throws ConfigError with every error at its key: patterns of `freeze` and `optimizer.rates` that match no
// parameter, a loss that does not fit the network's end, class weights of another number, and labels in
// `data.augment` that are no classes. `document`: what the recipe was read from.
void require_fitting_recipe(const Recipe& recipe, const config::Value& document,
                            const Architecture& architecture);
// The same, and the weights that training begins with, which are read.
void require_fitting_beginning(const Recipe& recipe, const config::Value& document,
                               const Architecture& architecture);

}  // namespace actionflow
