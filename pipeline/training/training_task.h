// What a run teaches: to name clips, or to hear actions in streams. The trainer asks its task for batches,
// steps and judgement, and knows nothing of either kind.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "datasets/lists/dataset.h"
#include "datasets/recordings/frame_cache.h"
#include "models/training/ranks/ranks.h"
#include "models/training/training_network.h"
#include "nodes/training/training_flow.h"
#include "pipeline/recipe/recipe.h"
#include "pipeline/training/validation/validation.h"

namespace actionflow {

// Where a flow begins and ends: at a step of an epoch, before an epoch.
struct FlowStretch {
  std::uint32_t first_epoch = 0;
  std::int64_t first_step = 0;
  std::uint32_t end_epoch = 1;
};

// A batch's forward and backward pass. `right` of `labelled` answers of this rank name what they should.
struct StepResult {
  double loss = 0;
  std::int64_t labelled = 0, right = 0;
};

// Used on the training thread. What it is made of has to outlive it.
class TrainingTask {
 public:
  virtual ~TrainingTask() = default;

  virtual std::int64_t samples_an_epoch() const = 0;
  virtual std::unique_ptr<TrainingFlow> flow(std::uint64_t seed, const FlowStretch& stretch) = 0;
  // Adds the batch's gradients times `share`.
  virtual StepResult step(TrainingNetwork& network, const TrainingBatch& batch, training::StepKey key,
                          float share) = 0;
  // Called by all ranks, the first of which has the whole answer. Throws Interrupted once `stop` is set, on
  // the first at least.
  virtual Validation validate(const Weights& weights, const std::atomic<bool>& stop) = 0;
};

// Of the data as the recipe has it: streams where it has `data.streams`.
std::unique_ptr<TrainingTask> make_task(const Recipe& recipe, const Dataset& dataset,
                                        const Architecture& architecture, FrameCache& cache,
                                        training::Ranks& ranks);

std::unique_ptr<TrainingTask> make_clip_task(const Recipe& recipe, const Dataset& dataset,
                                             const Architecture& architecture, FrameCache& cache,
                                             training::Ranks& ranks);
std::unique_ptr<TrainingTask> make_stream_task(const Recipe& recipe, const Dataset& dataset,
                                               const Architecture& architecture, FrameCache& cache,
                                               training::Ranks& ranks);

// What all tasks have in common.
TrainingFlowOptions flow_options(const Recipe& recipe, const FlowStretch& stretch,
                                 const Architecture& architecture, const training::Ranks& ranks);

}  // namespace actionflow
