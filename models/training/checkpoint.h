// last.safetensors: everything that a training run needs to go on at the step where it was written.
//
// A weights file like others (models/formats/weight_files.h), so `classify` runs it, with the optimiser's
// tensors
// ("optimizer.…"), the average's ("ema.<parameter>") and, in its header under "training.…", what the run
// wants to find again. Doubles are written so that they read back exactly.
//
// Written beside, synced, renamed: a run killed at any time leaves the old file or the new one. Reading
// takes no more memory than the file's bytes and throws ModelError for a file that is damaged or cut, that is
// no checkpoint, or that belongs to another network (saying what differs); nothing is changed then.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/files/atomic_file.h"
#include "models/formats/weight_files.h"
#include "models/training/optimizer/average.h"
#include "models/training/optimizer/optimizer.h"
#include "models/training/optimizer/schedule.h"

namespace actionflow {

// What stands in a checkpoint, in parts that belong to others.
struct CheckpointContent {
  const Architecture& architecture;
  const Weights& weights;
  std::string_view run;  // what the run keeps of itself, such as how far it has come
  const Optimizer& optimizer;
  const Schedule& schedule;
  const WeightAverage* average = nullptr;  // null: none is kept
};

// Replaces the file and clears temporaries of dead processes. Throws base/files/atomic_file.h's Error,
// ModelError for weights that do not fit.
void save_checkpoint(const CheckpointContent& content, const std::filesystem::path& file,
                     FileSystem& files = FileSystem::system());

struct Checkpoint {
  Weights weights;
  std::string run;
  std::map<std::string, Tensor> optimizer;
  std::int64_t optimizer_steps = 0;
  std::string schedule;
  std::optional<Weights> average;
  std::int64_t average_updates = 0;
};

Checkpoint load_checkpoint(const std::filesystem::path& file, const Architecture& architecture);

// Puts optimiser, schedule and average back. ModelError that names the file where they are of another kind
// than those of the checkpoint, or where it has no average and one is wanted. Weights and `run` stay with
// the caller.
void restore(Checkpoint checkpoint, const std::filesystem::path& file,
             std::span<const TrainedParameter> parameters, Optimizer& optimizer, Schedule& schedule,
             WeightAverage* average);

}  // namespace actionflow
