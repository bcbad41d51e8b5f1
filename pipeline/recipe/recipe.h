// A training recipe: what is trained, on which videos, and how.
//
//   model: ../models/robust_3d.yaml
//   network: {input: {frames: 16}}           # merged into the model file
//   data:
//     root: ../../videos
//     classes: classes.txt
//     train: train.txt
//     val: val.txt
//     test: test.txt
//     sampling: {mode: whole}
//     augment: {flip: 0.5}
//   output: ../../runs/first
//   epochs: 30
//   batch: 16
//
// Paths of `data` count from its root, all others from the file that they stand in. Reading a recipe opens
// the model file and no data. Used from one thread. See docs/training.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "datasets/clips/augment.h"
#include "datasets/clips/clip_sampler.h"
#include "datasets/lists/dataset.h"
#include "datasets/recordings/frame_cache.h"
#include "datasets/streams/stream_options.h"
#include "datasets/synthetic/drawn_dataset.h"
#include "models/description/architecture.h"
#include "models/network/network.h"
#include "models/training/loss/loss.h"
#include "models/training/optimizer/average.h"
#include "models/training/optimizer/optimizer.h"
#include "models/training/optimizer/schedule.h"
#include "models/training/ranks/gradient_exchange.h"
#include "models/training/transfer.h"

namespace actionflow {

// The keys `data.*`: the lists (DataOptions' own keys) and what becomes of their videos.
struct TrainingData {
  DataOptions lists;
  SamplingOptions sampling;
  AugmentOptions augment;
  CacheOptions cache;
  bool balanced = false;                 // every class as often as every other
  std::optional<StreamOptions> streams;  // given: sequences of streams are made of the videos, not clips
  std::optional<DrawnOptions> drawn;     // given: drawn videos join them
};

enum class BatchNormMode { train, frozen, reestimate };

struct EarlyStopOptions {
  int patience = 0;  // epochs without a better val_top1, of streams val_loss; 0: never
  static void describe(config::Fields<EarlyStopOptions>& fields);
};

// Of the command `evaluate`; validation between epochs takes data.sampling.clips views and one crop.
struct RecipeEvaluation {
  int clips = 0;  // views of a video; 0: data.sampling.clips
  int crops = 1;  // 1 or 3, for input forms that crop
  static void describe(config::Fields<RecipeEvaluation>& fields);
};

struct CheckpointTimes {
  double minutes = 5;      // between two of last.safetensors, beside the one at each epoch's end; 0: none
  std::int64_t steps = 0;  // likewise, in steps
  static void describe(config::Fields<CheckpointTimes>& fields);
};

// Where several processes train together.
struct RankOptions {
  SumOrder sum = SumOrder::fixed;
  WireNumbers gradients = WireNumbers::f32;
  static void describe(config::Fields<RankOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;
};

struct Recipe {
  std::filesystem::path model;
  config::Value network;
  TrainingData data;
  std::filesystem::path output;
  int epochs = 30;
  std::int64_t batch = 16;
  std::int64_t micro_batch = 0;  // 0: the batch, or, started by an MPI launcher, 1
  RankOptions ranks;
  std::uint64_t seed = 1;
  Precision precision = Precision::f32;
  int threads = 0;  // of the step; 0: as many as there are processors
  int workers = 0;  // that decode and augment; 0: as many as there are processors
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  LossOptions loss;
  TransferOptions init;
  std::vector<std::string> freeze;
  BatchNormMode batch_norm = BatchNormMode::train;
  AverageOptions ema;
  int accumulate = 1;
  int members = 1;  // networks trained from the same first weights, whose mean is kept
  EarlyStopOptions early_stop;
  RecipeEvaluation evaluate;
  CheckpointTimes checkpoint;

  static void describe(config::Fields<Recipe>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;

  // With the machine's processors, or a rank's share of them, in place of 0.
  int step_threads() const;
  int worker_threads() const;
};

// Throws config::ConfigError with every error at once, the model file's too.
Recipe read_recipe(const config::Value& root);
Recipe load_recipe(const std::filesystem::path& file, std::span<const config::Override> overrides = {});

// The recipe's network for these classes (the model file's own where empty). Throws ConfigError; a network
// whose head does not fit the classes is one with the exit code of a model.
Architecture read_network(const Recipe& recipe, const std::vector<std::string>& classes);

// It reads the same from any folder.
Recipe with_absolute_paths(Recipe recipe);

// YAML with defaults, overrides and environment applied, which reads back in the working folder. `origin`:
// what the recipe was read from, so that what came from the environment stays hidden.
std::string print_recipe(const Recipe& recipe, const config::Value& origin);

// JSON schema of a recipe, for editors.
std::string recipe_schema();

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::BatchNormMode> {
  using Mode = actionflow::BatchNormMode;
  static constexpr std::array<std::pair<Mode, std::string_view>, 3> names{
      {{Mode::train, "train"}, {Mode::frozen, "frozen"}, {Mode::reestimate, "reestimate"}}};
};
