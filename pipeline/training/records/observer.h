// Who watches a run: TensorBoard files, the report. Called on the training thread, in the order of events.
#pragma once

#include <cstdint>

#include "pipeline/training/records/run_folder.h"
#include "pipeline/training/validation/validation.h"

namespace actionflow {

struct StepMetrics {
  std::int64_t update = 0;  // of the weights, since the start; from 1
  double loss = 0;          // of the update's clips
  double learning_rate = 0;
  double gradient_norm = 0;  // before clipping
};

class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;

  // Before the first step. `epochs` complete ones and `updates` stand; what was written after is to go.
  virtual void begin(int epochs, std::int64_t updates) = 0;
  virtual void step(const StepMetrics& metrics) = 0;
  // best.safetensors, or the member's file, holds epoch `epoch` (from 1), which says this of the validation
  // split (nothing without one). Before that epoch's epoch(), and where a run goes on after begin(). Epoch 0:
  // it holds the members' mean.
  virtual void best(int /*epoch*/, const Validation& /*validated*/) {}
  virtual void epoch(const EpochMetrics& metrics) = 0;
  // The run has its last epoch behind it.
  virtual void finish() = 0;
};

}  // namespace actionflow
