// What a Trainer is made of. trainer.cpp begins members and goes on with runs, trainer_epoch.cpp steps
// through an epoch, trainer_judgement.cpp validates what it has come to and keeps the best.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/log/progress.h"
#include "base/machine/clock.h"
#include "base/tensor/tensor.h"
#include "datasets/recordings/frame_cache.h"
#include "pipeline/training/member.h"
#include "pipeline/training/records/run_folder.h"
#include "pipeline/training/run_state.h"
#include "pipeline/training/soup.h"
#include "pipeline/training/trainer.h"

namespace actionflow {

// What of a run a step changes before it is whole: to go back to where it is not to be finished.
struct WholeStep {
  RunState state;
  std::map<std::string, Tensor> statistics;  // the batch norms' moving ones
};

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
  bool train_member_or_save();
  bool train_epoch();
  TrainingBatchPtr next_batch();
  void step(const TrainingBatch& batch);
  void update();
  [[noreturn]] void stop_at_bad_loss(const std::string& what);
  bool checkpoint_is_due() const;
  bool reestimate(std::uint64_t seed);
  std::optional<Weights> judged_weights();
  std::optional<Weights> measured_anew();
  void require_same_everywhere();
  // Of all ranks the same: whether one was told to stop; what the first has found.
  bool told_to_stop();
  template <class T>
  T first_says(const T& own) {
    return ranks.gather(own).front();
  }
  bool first_says(bool own) { return ranks.gather_flags(own).front(); }
  std::optional<Validation> validation(const Weights& weights);
  void note_whole_step();
  void save_whole_step();
  bool judge();
  bool judge_best_again();
  double merit_of(const SplitScore& score) const;
  bool keep_best(const Weights& judged, const Validation& validation);
  bool keep_mean();
  std::optional<Validation> judge_held_out(const std::vector<std::filesystem::path>& members);
  std::string note() const;
  ExitCode run();
  bool out_of_patience() const {
    return recipe.early_stop.patience > 0 &&
           state.epoch - state.best.merit_epoch >= recipe.early_stop.patience && has_validation();
  }

  training::Ranks alone;
  TrainerOptions options;
  training::Ranks& ranks;
  const Recipe recipe;
  Dataset first_data;  // until the first member has it
  const Architecture architecture;
  RunFolder folder;
  FrameCache cache;
  RunState state;
  std::string recipe_text;  // that has to be the same for all ranks
  Recipe member_recipe;
  std::optional<Member> member;
  std::optional<HeldOutJudgement> held_out;  // of streams that observers look at

  std::atomic<bool> stopped{false};
  const std::atomic<bool> goes_on{false};  // in place of `stopped`, where ranks have to act alike
  std::optional<WholeStep> whole;          // none while weights change
  StepMetrics newest_step;
  std::mutex flow_mutex;  // guards the pointer, for stop()
  std::unique_ptr<TrainingFlow> flow;
  std::optional<Progress> progress;
  double update_loss = 0;  // of the batches of the update so far
  Stopwatch since_checkpoint;
  std::int64_t updates_at_checkpoint = 0;
};

}  // namespace actionflow
