// Batch norm's moving mean and variance measured anew (models/training/norm_statistics.h) on a run's clips.
//
// Moving averages trail behind the weights, and those of averaged weights belong to no network at all. The
// batches are training clips, drawn as in training.
#pragma once

#include <atomic>

#include "models/training/training_network.h"
#include "nodes/training/training_flow.h"

namespace actionflow {

inline constexpr int kStatisticsBatches = 50;  // at most, and not more than one epoch's

bool has_batch_norm(const Architecture& architecture);

// Changes nothing but the moving statistics of `network`'s weights, and of these only what is not frozen.
// False where `flow` was stopped, or `stopped` set between two batches: then they are what they were.
bool reestimate_batch_norm(TrainingNetwork& network, TrainingFlow& flow, std::uint64_t seed,
                           const std::atomic<bool>& stopped);

}  // namespace actionflow
