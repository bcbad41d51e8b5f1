// Several networks trained from the same first weights, averaged: a model soup (Wortsman et al. 2022,
// https://arxiv.org/abs/2203.05482). It costs what one network costs, and is steadier than each: trainings
// that begin with good weights end in one basin, and their mean lies nearer to its middle.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <vector>

#include "datasets/recordings/frame_cache.h"
#include "models/description/architecture.h"
#include "models/weights/weights.h"
#include "pipeline/recipe/recipe.h"
#include "pipeline/training/validation/validation.h"

namespace actionflow {

// The members' weights, value by value, in the order of the files. Throws ModelError for files that do not
// fit the network.
Weights mean_weights(const std::vector<std::filesystem::path>& members, const Architecture& architecture);

// What each member says of the part of train that it has not seen, together: thresholds are chosen on all of
// it. Kept as long as its streams are looked at.
class HeldOutJudgement {
 public:
  // Throws Interrupted once `stop` is set.
  HeldOutJudgement(const Recipe& recipe, const Architecture& architecture, FrameCache& cache,
                   const std::vector<std::filesystem::path>& members, const std::atomic<bool>& stop);
  ~HeldOutJudgement();

  const Validation& validation() const { return validation_; }

 private:
  struct Part;
  std::vector<std::unique_ptr<Part>> parts_;
  Validation validation_;
};

}  // namespace actionflow
