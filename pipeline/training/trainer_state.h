// What a Trainer is made of. trainer.cpp begins members and goes on with runs, trainer_epoch.cpp steps
// through an epoch, trainer_judgement.cpp validates what it has come to and keeps the best.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/log/progress.h"
#include "base/machine/clock.h"
#include "datasets/recordings/frame_cache.h"
#include "pipeline/training/member.h"
#include "pipeline/training/run_folder.h"
#include "pipeline/training/run_state.h"
#include "pipeline/training/trainer.h"

namespace actionflow {

struct Trainer::State {
  State(Recipe given, const config::Value& document, TrainerOptions trainer_options);

  bool going_on() const { return options.resume && std::filesystem::exists(folder.last()); }
  bool has_validation() const { return !member->dataset.val.empty(); }
  int end_of_member() const { return state.first_epoch + recipe.epochs; }
  int end_of_run() const { return end_of_member() + recipe.epochs * (recipe.members - 1 - state.member); }
  std::filesystem::path best_file() const {
    return recipe.members > 1 ? folder.member(state.member) : folder.best();
  }

  void begin_member(Dataset data, Weights first);
  void begin_next_member();
  void restore_checkpoint();
  void checkpoint();
  void begin_flow();
  void end_flow();
  bool train_member();
  bool train_epoch();
  void step(const TrainingBatch& batch);
  void update();
  [[noreturn]] void stop_at_bad_loss(const std::string& what);
  bool checkpoint_is_due() const;
  bool reestimate(std::uint64_t seed);
  std::optional<Weights> judged_weights();
  bool judge();
  bool judge_best_again();
  bool keep_best(const Weights& judged, const Validation& validation);
  bool keep_mean();
  std::string note() const;
  ExitCode run();
  bool out_of_patience() const {
    return recipe.early_stop.patience > 0 &&
           state.epoch - state.best.top1_epoch >= recipe.early_stop.patience && has_validation();
  }

  const Recipe recipe;
  TrainerOptions options;
  Dataset first_data;  // until the first member has it
  const Architecture architecture;
  RunFolder folder;
  FrameCache cache;
  RunState state;
  Recipe member_recipe;
  std::optional<Member> member;

  std::atomic<bool> stopped{false};
  std::mutex flow_mutex;  // guards the pointer, for stop()
  std::unique_ptr<TrainingFlow> flow;
  std::optional<Progress> progress;
  double update_loss = 0;  // of the batches of the update so far
  Stopwatch since_checkpoint;
  std::int64_t updates_at_checkpoint = 0;
};

}  // namespace actionflow
