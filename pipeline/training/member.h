// One network on its way through training: its data, weights and optimiser.
//
// A run trains one, or several members one after another, whose weights are averaged (soup.h). Used on the
// training thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "datasets/lists/dataset.h"
#include "datasets/recordings/frame_cache.h"
#include "models/training/optimizer/average.h"
#include "models/training/optimizer/optimizer.h"
#include "models/training/optimizer/schedule.h"
#include "models/training/training_network.h"
#include "pipeline/recipe/recipe.h"
#include "pipeline/training/training_task.h"

namespace actionflow {

// The recipe of a member, from 0: where there are several and no validation list, each holds another part of
// train out.
Recipe recipe_of_member(const Recipe& recipe, int member);

struct Member {
  // `recipe`, `architecture`, `cache` and `ranks` have to outlive it. Begins with `first`.
  Member(const Recipe& recipe, Dataset data, const Architecture& architecture, FrameCache& cache,
         Weights first, training::Ranks& ranks);

  std::int64_t batches_an_epoch() const;
  std::int64_t updates_an_epoch() const;
  // Whose gradients make the update that this batch belongs to.
  std::int64_t clips_of_update(std::int64_t batch) const;
  // What would be validated and kept: the network's weights, or their average where one is kept.
  Weights kept_weights() const { return average ? average->weights() : network.weights(); }

  const Recipe& recipe;
  const Dataset dataset;
  const std::unique_ptr<TrainingTask> task;
  TrainingNetwork network;
  std::unique_ptr<Optimizer> optimizer;
  Schedule schedule;
  std::optional<WeightAverage> average;
};

// In place: what holds on to the tensors' memory goes on seeing them.
void copy_values(const Weights& from, Weights& to);

}  // namespace actionflow
