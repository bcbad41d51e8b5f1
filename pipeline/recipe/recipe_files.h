// Whether the files that a recipe names are there, looked at before anything is made of them.
#pragma once

#include "base/config/config.h"
#include "pipeline/recipe/recipe.h"

namespace actionflow {

// Throws ConfigError, with the exit code of a data file, where data.root or a list is not there: every one by
// its key and place, as it is written and as it is looked for. `document`: what the recipe was read from.
void require_data_files(const Recipe& recipe, const config::Value& document);
// The same, and the weights that training begins with.
void require_training_files(const Recipe& recipe, const config::Value& document);

}  // namespace actionflow
