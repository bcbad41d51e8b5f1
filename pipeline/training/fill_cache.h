// A frame cache filled before training, by one process or by many that each do a share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "pipeline/recipe/recipe.h"

namespace actionflow {

struct FilledCache {
  std::int64_t videos = 0;      // of the share, or parts of videos
  std::int64_t decoded = 0;     // that were not kept yet
  std::int64_t unreadable = 0;  // named in the log
};

// Decodes into the recipe's cache what training and validation will take from it, of videos whose names
// `share` holds. Shows its progress. Throws as read_training_data() does, UsageError where the recipe keeps
// no frames, and Interrupted.
FilledCache fill_cache(const Recipe& recipe, const std::function<bool(const std::string& name)>& share,
                       const std::atomic<bool>* stop);

}  // namespace actionflow
