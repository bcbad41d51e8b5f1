// A recipe's dataset: read, looked over before training, and where its frames are kept.
#pragma once

#include "datasets/lists/dataset.h"
#include "datasets/recordings/frame_cache.h"
#include "pipeline/recipe/recipe.h"

namespace actionflow {

// The lists, and the drawn videos that join them, which are drawn where they do not stand beside the output
// yet. Of streams, the validation split has movements of no class, one for two clips at most: thresholds are
// chosen there, and weigh a missed action as a false one.
Dataset read_recipe_dataset(const Recipe& recipe);

// The dataset, looked at as what training needs. Throws DatasetError, ModelError for a train list without
// videos, and UsageError for a recipe that needs a validation split and has none, and for uncut videos where
// no streams are made of them. Parts and actions beyond their video are left out and named in the log; where
// a split holds no others, that is a DatasetError. Says in the log what there is.
Dataset read_training_data(const Recipe& recipe);

// Opens every video of the train and validation lists. Those that cannot be read or are shorter than a
// clip are named in the log. Throws SourceError where more of a split are unreadable than
// data.most_unreadable allows.
void scan_training_data(const Recipe& recipe, const Dataset& dataset, const InputSpec& input);

// data.cache; a recipe that names no folder gets frame_cache beside its output, which all runs there share.
CacheOptions cache_options(const Recipe& recipe);

}  // namespace actionflow
