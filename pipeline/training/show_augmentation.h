// `train --show-augmentation`: a sheet of clips as the network will see them.
#pragma once

#include <filesystem>

#include "pipeline/recipe/recipe.h"

namespace actionflow {

// Draws the first clips of the first epoch, each as it is and as it is changed, into a PNG file. Nothing is
// written into the recipe's output. Throws Error as a Trainer does.
void show_augmentation(const Recipe& recipe, const std::filesystem::path& png);

}  // namespace actionflow
