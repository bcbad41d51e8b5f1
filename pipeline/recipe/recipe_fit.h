// Whether what a recipe says of its network and of its classes is so: known before a video is opened.
#pragma once

#include "base/config/config.h"
#include "models/description/architecture.h"
#include "pipeline/recipe/recipe.h"

namespace actionflow {

// Throws ConfigError with every error at its key: patterns of `freeze`, `optimizer.rates` and `init.skip`
// that match no parameter, a loss that does not fit the network's end, class weights of another number, and
// labels in `data.augment` that are no classes. `document`: what the recipe was read from.
void require_fitting_recipe(const Recipe& recipe, const config::Value& document,
                            const Architecture& architecture);
// Reads the weights that training begins with. Throws ConfigError where it could not begin with them.
void require_fitting_first_weights(const Recipe& recipe, const config::Value& document,
                                   const Architecture& architecture);

}  // namespace actionflow
