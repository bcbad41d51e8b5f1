// Which samples of a batch a rank needs.
#pragma once

#include <cstdint>

#include "nodes/training/training_flow.h"

namespace actionflow {

// A sample's place among those of its batch.
struct BatchPlace {
  std::int64_t step = 0;  // of the epoch
  std::int64_t place = 0;
  std::int64_t samples = 1;  // of the batch
};

BatchPlace batch_place(std::int64_t sample, std::int64_t epoch_samples, const TrainingFlowOptions& options);

// Whether the rank computes it.
bool is_own(const BatchPlace& at, const TrainingFlowOptions& options);
// Likewise, or mixes it into another.
bool is_needed(const BatchPlace& at, std::uint32_t epoch, const TrainingFlowOptions& options);

}  // namespace actionflow
