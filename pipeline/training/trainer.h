// A training run from its recipe to its files: epochs of steps, validation, checkpoints.
//
//   Trainer trainer(recipe, {.resume = true});
//   const ExitCode code = trainer.run();     // done, or interrupted with a checkpoint behind it
//
// The constructor reads the data's lists, the network and, going on, the checkpoint; it throws Error for all
// that is wrong before a file is written. run() is called once and trains on the calling thread; it throws
// Error for a loss that is not finite (with step and layer), when the last checkpoint stands, and for data
// that cannot be read, servers that are gone and files that cannot be written, with a checkpoint of the last
// whole step. Same recipe, videos and threads: same losses to the last bit, whether the run was stopped in
// between or not; with a micro_batch, on any number of threads and ranks, which may change where a run goes
// on.
//
// Of several ranks each has a Trainer of the same recipe and data; the first writes and is watched. Where one
// has no batch, all stop after the same step; those that had theirs throw OtherRankFailed. Where they lose
// each other, run() leaves the checkpoint by the first of those that live, and throws training::RanksLost.
#pragma once

#include <exception>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/error.h"
#include "models/training/ranks/ranks.h"
#include "pipeline/recipe/recipe.h"
#include "pipeline/training/records/observer.h"

namespace actionflow {

class OtherRankFailed : public std::exception {
 public:
  const char* what() const noexcept override { return "another rank failed"; }
};

struct TrainerOptions {
  bool resume = false;
  std::vector<std::shared_ptr<TrainingObserver>> observers = {};  // the first rank's
  training::Ranks* ranks = nullptr;                               // null: alone; outlives the Trainer
};

class Trainer {
 public:
  Trainer(Recipe recipe, const config::Value& document, TrainerOptions options = {});
  ~Trainer();

  ExitCode run();
  // From any thread: run() returns after the step in flight, with a checkpoint.
  void stop() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
