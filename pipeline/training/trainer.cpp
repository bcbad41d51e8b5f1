#include "pipeline/training/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "base/progress.h"
#include "models/formats/weight_files.h"
#include "models/training/checkpoint.h"
#include "pipeline/recipe/training_data.h"
#include "pipeline/training/batch_norm_statistics.h"
#include "pipeline/training/member.h"
#include "pipeline/training/run_state.h"
#include "pipeline/training/soup.h"
#include "pipeline/training/watchers.h"

namespace actionflow {

namespace {

constexpr double kWorstLoss = 1e300;  // in place of one that is not finite, which JSON does not know
constexpr std::uint64_t kOtherClips = 0x5BD1E995;  // of the seed: other draws than training's

Weights first_weights(const Recipe& recipe, const Architecture& architecture, bool told) {
  Weights weights = initial_weights(architecture, recipe.seed);
  if (recipe.init.weights.empty()) return weights;
  const Transfer transfer = load_initial_weights(recipe.init, architecture, weights);
  if (told) return weights;
  for (const std::string& line : describe_transfer(transfer, recipe.init)) log::info("{}", line);
  return weights;
}

}  // namespace

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

Trainer::State::State(Recipe given, const config::Value& document, TrainerOptions trainer_options)
    : recipe(std::move(given)),
      options(std::move(trainer_options)),
      first_data(read_training_data(recipe_of_member(recipe, 0))),
      architecture(read_network(recipe, first_data.classes)),
      folder(recipe.output, options.resume),
      cache(cache_options(recipe)) {
  if (first_data.val.empty())
    log::warn(
        "there is no validation split: best.safetensors will hold the last epoch, uncalibrated "
        "(data.val_share holds some of train out)");
  if (going_on()) {
    restore_checkpoint();
  } else {
    if (options.resume) log::info("{} does not exist: the run begins", folder.last().string());
    begin_member(std::move(first_data), first_weights(recipe, architecture, false));
    scan_training_data(recipe, member->dataset, architecture.input);
    folder.write_recipe(print_recipe(with_absolute_paths(recipe), document));
  }
  folder.cut_metrics(state.epoch);
  options.observers.push_back(tensorboard_writer(recipe.output));
  options.observers.push_back(report_writer(
      {recipe.output, architecture.name, architecture.classes, recipe.data.sampling, architecture.input},
      cache));
}

void Trainer::State::begin_member(Dataset data, Weights first) {
  member_recipe = recipe_of_member(recipe, state.member);
  member.emplace(member_recipe, std::move(data), architecture, cache, std::move(first));
  state.identity = RunIdentity::of(recipe, member->dataset.train);
  if (recipe.members > 1) log::info("member {} of {}", state.member + 1, recipe.members);
}

void Trainer::State::begin_next_member() {
  ++state.member;
  state.first_epoch = state.epoch;
  state.first_update = state.updates;
  state.best = {};
  begin_member(read_training_data(recipe_of_member(recipe, state.member)),
               first_weights(recipe, architecture, true));
  checkpoint();
}

void Trainer::State::restore_checkpoint() {
  Checkpoint saved = load_checkpoint(folder.last(), architecture);
  const RunState then = RunState::from_text(saved.run, folder.last());
  const auto require = [&](const std::string& other) {
    if (!other.empty())
      throw ModelError(folder.last().string() + " cannot be gone on with: " + other +
                       "; expected the recipe and data that it was begun with");
  };
  if (then.identity.members != recipe.members)
    require(fmt::format("members was {} and is {}", then.identity.members, recipe.members));
  state = then;
  begin_member(
      state.member == 0 ? std::move(first_data) : read_training_data(recipe_of_member(recipe, state.member)),
      std::move(saved.weights));
  require(then.identity.difference(state.identity));
  restore(std::move(saved), folder.last(), member->network.trained(), *member->optimizer, member->schedule,
          member->average ? &*member->average : nullptr);
  log::info("going on at epoch {}, step {} of {}", state.epoch + 1, state.step, member->batches_an_epoch());
}

void Trainer::State::checkpoint() {
  const std::string run = state.to_text();
  save_checkpoint({architecture, member->network.weights(), run, *member->optimizer, member->schedule,
                   member->average ? &*member->average : nullptr},
                  folder.last());
  since_checkpoint.reset();
  updates_at_checkpoint = state.updates;
}

// One epoch's batches, from state.step on. False when it was stopped.
bool Trainer::State::train_epoch() {
  progress.emplace(fmt::format("epoch {}/{}", state.epoch + 1, end_of_run()),
                   member->task->samples_an_epoch());
  progress->advance(state.sums.clips);
  while (state.step < member->batches_an_epoch()) {
    const Stopwatch watch;
    const double waited = flow->waited_seconds();
    const TrainingBatchPtr batch = flow->next();
    if (!batch) return false;
    state.sums.waited += flow->waited_seconds() - waited;
    step(*batch);
    state.sums.seconds += watch.seconds();
    progress->set_note(note());
    progress->advance(batch->clips);
    const bool between_updates = state.step % recipe.accumulate == 0 || batch->last;
    if (!between_updates) continue;
    if (stopped.load()) return false;
    if (!batch->last && checkpoint_is_due()) checkpoint();
  }
  return true;
}

void Trainer::State::step(const TrainingBatch& batch) {
  const auto key = static_cast<std::uint64_t>(state.epoch * member->batches_an_epoch() + state.step);
  const double share =
      static_cast<double>(batch.clips) / static_cast<double>(member->clips_of_update(state.step));
  if (state.step % recipe.accumulate == 0) {
    member->network.clear_gradients();
    update_loss = 0;
  }
  const StepResult result =
      member->task->step(member->network, batch, {recipe.seed, key}, static_cast<float>(share));
  if (!std::isfinite(result.loss)) stop_at_bad_loss("the loss is not finite");
  state.sums.labelled += result.labelled;
  state.sums.right += result.right;
  state.sums.loss += result.loss * batch.clips;
  state.sums.clips += batch.clips;
  state.sums.substituted += batch.substituted;
  update_loss += share * result.loss;
  if ((state.step + 1) % recipe.accumulate == 0 || batch.last) update();
  ++state.step;
}

void Trainer::State::update() {
  state.learning_rate = member->schedule.rate(state.updates - state.first_update);
  const double norm = member->optimizer->step(member->network.trained(), state.learning_rate);
  if (!std::isfinite(norm)) stop_at_bad_loss("the gradient is not finite");
  if (member->average) member->average->update(member->network.weights());
  ++state.updates;
  for (const auto& observer : options.observers)
    observer->step({state.updates, update_loss, state.learning_rate, norm});
}

void Trainer::State::stop_at_bad_loss(const std::string& what) {
  const std::string where = member->network.first_not_finite();
  const std::string first = where.empty() ? std::string() : ", first in " + where;
  throw Error(ExitCode::failure,
              fmt::format("{} at step {} of epoch {}{}; {} holds the last checkpoint (a smaller "
                          "optimizer.learning_rate or optimizer.clip_norm may help)",
                          what, state.step + 1, state.epoch + 1, first, folder.last().string()));
}

bool Trainer::State::checkpoint_is_due() const {
  const CheckpointTimes& times = recipe.checkpoint;
  return (times.minutes > 0 && since_checkpoint.seconds() >= times.minutes * 60) ||
         (times.steps > 0 && state.updates - updates_at_checkpoint >= times.steps);
}

// Batch norm's statistics of the network's weights, of other clips than the epoch's own: another order, other
// changes. False where it was stopped.
bool Trainer::State::reestimate(std::uint64_t seed) {
  const auto epoch = static_cast<std::uint32_t>(state.epoch);
  const auto statistics_flow = member->task->flow(seed, {epoch, 0, epoch + 1});
  return !stopped.load() && reestimate_batch_norm(member->network, *statistics_flow, seed, stopped);
}

// What is validated and kept as best. Nothing where it was stopped.
std::optional<Weights> Trainer::State::judged_weights() {
  if (recipe.batch_norm != BatchNormMode::reestimate || !has_batch_norm(architecture))
    return member->kept_weights();
  const Weights live = member->network.weights();
  if (member->average) copy_values(member->average->weights(), member->network.weights());
  std::optional<Weights> judged;
  if (reestimate(recipe.seed ^ kOtherClips)) judged = member->network.weights();
  copy_values(live, member->network.weights());
  return judged;
}

// After an epoch's last step: validation, the line in metrics.jsonl, best.safetensors. False when it was
// stopped: then all is as it was before.
bool Trainer::State::judge() {
  const std::optional<Weights> judged = judged_weights();
  if (!judged || stopped.load()) return false;
  Validation validation;
  try {
    validation = member->task->validate(*judged, stopped);
  } catch (const Interrupted&) {
    return false;
  }
  EpochMetrics metrics;
  metrics.epoch = state.epoch + 1;
  metrics.loss = state.sums.mean_loss();
  metrics.train_top1 = state.sums.top1();
  metrics.val_top1 = validation.score.top1;
  metrics.val_loss = validation.score.loss;
  if (state.sums.seconds > 0) {
    metrics.samples_per_second = static_cast<double>(state.sums.clips) / state.sums.seconds;
    metrics.data_wait = state.sums.waited / state.sums.seconds;
  }
  metrics.learning_rate = state.learning_rate;
  metrics.step = state.updates;
  metrics.substituted = state.sums.substituted;
  metrics.seconds = state.sums.seconds;
  folder.add(metrics);
  progress->set_note(note() + (!has_validation()
                                   ? std::string()
                                   : fmt::format(", val top-1 {:.1f} %", 100 * metrics.val_top1)));
  progress->finish();
  member->schedule.observe(metrics.val_top1);
  const bool best = keep_best(*judged, validation);
  for (const auto& observer : options.observers) {
    if (best) observer->best(metrics.epoch, validation);
    observer->epoch(metrics);
  }
  return true;
}

bool Trainer::State::keep_best(const Weights& judged, const Validation& validation) {
  const SplitScore& score = validation.score;
  const double val_loss = std::isfinite(score.loss) ? score.loss : kWorstLoss;
  if (has_validation() && !state.best.beaten_by(score.top1, val_loss)) return false;
  state.best = state.best.beaten_at(state.epoch + 1, has_validation() ? score.top1 : 0, val_loss);
  save_model({architecture, judged, validation.calibration}, best_file());
  return true;
}

// Where a run goes on: who watches it did not see its best epoch. False when it was stopped.
bool Trainer::State::judge_best_again() {
  if (state.best.epoch == 0 || !has_validation()) return true;
  try {
    const Validation validation =
        member->task->validate(load_model(best_file(), &architecture).weights, stopped);
    for (const auto& observer : options.observers) observer->best(state.best.epoch, validation);
  } catch (const Interrupted&) {
    return false;
  } catch (const ModelError& error) {
    log::warn("{}; the report goes without it until an epoch is better", error.what());
  }
  return true;
}

std::string Trainer::State::note() const {
  const double per_clip =
      state.sums.clips > 0 ? state.sums.seconds / static_cast<double>(state.sums.clips) : 0;
  const double clips_left =
      static_cast<double>(member->task->samples_an_epoch()) * (end_of_run() - state.epoch) -
      static_cast<double>(state.sums.clips);
  return fmt::format("loss {:.4f}, top-1 {:.1f} %, run {} left", state.sums.mean_loss(),
                     100 * state.sums.top1(), duration_text(per_clip * clips_left));
}

void Trainer::State::begin_flow() {
  const FlowStretch stretch{static_cast<std::uint32_t>(state.epoch), state.step,
                            static_cast<std::uint32_t>(end_of_member())};
  const std::lock_guard lock(flow_mutex);
  flow = member->task->flow(recipe.seed, stretch);
  if (stopped.load()) flow->stop();
}

void Trainer::State::end_flow() {
  const std::lock_guard lock(flow_mutex);
  flow.reset();
}

// To its last epoch. False where it was stopped.
bool Trainer::State::train_member() {
  begin_flow();
  while (state.epoch < end_of_member() && !out_of_patience()) {
    const bool trained = train_epoch();
    if (!trained || !judge()) {
      progress.reset();
      checkpoint();
      log::info("stopped in epoch {}, step {} of {}; --resume goes on from there", state.epoch + 1,
                state.step, member->batches_an_epoch());
      return false;
    }
    ++state.epoch;
    state.step = 0;
    state.sums = {};
    checkpoint();
  }
  end_flow();
  if (state.epoch < end_of_member())
    log::info("no better val_top1 in {} epochs: training ends early", recipe.early_stop.patience);
  return true;
}

// best.safetensors becomes the mean of the members so far. Where each has held out another part of train, its
// calibration is chosen on all of them. False where it was stopped.
bool Trainer::State::keep_mean() {
  std::vector<std::filesystem::path> members;
  for (int i = 0; i <= state.member; ++i) members.push_back(folder.member(i));
  copy_values(mean_weights(members, architecture), member->network.weights());
  const bool norms = has_batch_norm(architecture) && recipe.batch_norm != BatchNormMode::frozen;
  if (norms && !reestimate(recipe.seed ^ kOtherClips)) return false;
  try {
    std::optional<HeldOutJudgement> held_out;
    if (recipe.data.lists.val.empty()) held_out.emplace(recipe, architecture, cache, members, stopped);
    const Validation validation =
        held_out ? held_out->validation() : member->task->validate(member->network.weights(), stopped);
    save_model({architecture, member->network.weights(), validation.calibration}, folder.best());
    for (const auto& observer : options.observers) observer->best(0, validation);
    log::info("the mean of {} members stands in {}; {}: top-1 {:.1f} %", members.size(),
              folder.best().string(), held_out ? "each on what it had not seen" : "on val",
              100 * validation.score.top1);
  } catch (const Interrupted&) {
    return false;
  }
  return true;
}

ExitCode Trainer::State::run() {
  for (const auto& observer : options.observers) observer->begin(state.epoch, state.updates);
  if (!judge_best_again()) return ExitCode::interrupted;
  if (!going_on()) checkpoint();
  if (state.epoch >= end_of_run())
    log::info("all {} epochs are done; more need epochs={}", recipe.epochs, recipe.epochs + 1);
  for (;;) {
    if (!train_member()) return ExitCode::interrupted;
    if (recipe.members > 1 && !keep_mean()) return ExitCode::interrupted;
    if (state.member + 1 == recipe.members) break;
    begin_next_member();
  }
  for (const auto& observer : options.observers) observer->finish();
  return ExitCode::done;
}

Trainer::Trainer(Recipe recipe, const config::Value& document, TrainerOptions options)
    : state_(std::make_unique<State>(std::move(recipe), document, std::move(options))) {}

Trainer::~Trainer() = default;

ExitCode Trainer::run() { return state_->run(); }

void Trainer::stop() noexcept {
  state_->stopped.store(true);
  // Inside an accumulated update the batches that are left still come.
  if (state_->recipe.accumulate > 1) return;
  const std::lock_guard lock(state_->flow_mutex);
  if (state_->flow) state_->flow->stop();
}

}  // namespace actionflow
