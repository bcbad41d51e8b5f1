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
#include "pipeline/training/run_state.h"
#include "pipeline/training/training_task.h"
#include "pipeline/training/watchers.h"

namespace actionflow {

namespace {

constexpr double kWorstLoss = 1e300;  // in place of one that is not finite, which JSON does not know

Weights first_weights(const Recipe& recipe, const Architecture& architecture, bool resume) {
  Weights weights = initial_weights(architecture, recipe.seed);
  if (!recipe.init.weights.empty() && !resume) {
    const Transfer transfer = load_initial_weights(recipe.init, architecture, weights);
    for (const std::string& line : describe_transfer(transfer, recipe.init)) log::info("{}", line);
  }
  return weights;
}

TrainingOptions network_options(const Recipe& recipe, std::int64_t videos) {
  TrainingOptions options;
  options.precision = recipe.precision;
  options.threads = recipe.step_threads();
  options.batch = std::min(recipe.batch, videos);
  options.loss = recipe.loss;
  options.frozen = recipe.freeze;
  options.freeze_batch_norm = recipe.batch_norm == BatchNormMode::frozen;
  return options;
}

// In place: what holds on to the tensors' memory goes on seeing them.
void copy_values(const Weights& from, Weights& to) {
  for (const auto& [name, tensor] : from.tensors)
    std::ranges::copy(tensor.values(), to.tensors.at(name).values().begin());
}

}  // namespace

struct Trainer::State {
  State(Recipe given, const config::Value& document, TrainerOptions trainer_options)
      : recipe(std::move(given)),
        options(std::move(trainer_options)),
        dataset(read_training_data(recipe)),
        architecture(read_network(recipe, dataset.classes)),
        folder(recipe.output, options.resume),
        cache(cache_options(recipe)),
        task(make_task(recipe, dataset, architecture, cache)),
        network(architecture, first_weights(recipe, architecture, going_on()),
                network_options(recipe, task->samples_an_epoch())),
        optimizer(Optimizer::create(recipe.optimizer)),
        schedule(recipe.schedule, recipe.optimizer.learning_rate,
                 {static_cast<double>(recipe.epochs), updates_an_epoch()}) {
    if (recipe.ema.decay > 0) average.emplace(recipe.ema, network.weights());
    state.identity = RunIdentity::of(recipe, dataset.train);
    if (dataset.val.empty())
      log::warn(
          "there is no validation split: best.safetensors will hold the last epoch, uncalibrated "
          "(data.val_share holds some of train out)");
    if (going_on()) {
      restore_checkpoint();
    } else {
      if (options.resume) log::info("{} does not exist: the run begins", folder.last().string());
      scan_training_data(recipe, dataset, architecture.input);
      folder.write_recipe(print_recipe(with_absolute_paths(recipe), document));
    }
    folder.cut_metrics(state.epoch);
    options.observers.push_back(tensorboard_writer(recipe.output));
    options.observers.push_back(report_writer({recipe.output, architecture.name, architecture.classes,
                                               dataset.val, recipe.data.sampling, architecture.input},
                                              cache));
  }

  bool going_on() const { return options.resume && std::filesystem::exists(folder.last()); }

  std::int64_t batches_an_epoch() const {
    return (task->samples_an_epoch() + recipe.batch - 1) / recipe.batch;
  }
  std::int64_t updates_an_epoch() const {
    return (batches_an_epoch() + recipe.accumulate - 1) / recipe.accumulate;
  }
  // Whose gradients make the update that this batch belongs to.
  std::int64_t clips_of_update(std::int64_t batch) const {
    const std::int64_t most = recipe.accumulate * recipe.batch;
    const std::int64_t first = batch / recipe.accumulate * most;
    return std::min(most, task->samples_an_epoch() - first);
  }

  void restore_checkpoint();
  void checkpoint();
  bool train_epoch();
  void step(const TrainingBatch& batch);
  void update();
  [[noreturn]] void stop_at_bad_loss(const std::string& what);
  bool checkpoint_is_due() const;
  std::optional<Weights> judged_weights();
  bool judge();
  bool judge_best_again();
  bool keep_best(const Weights& judged, const Validation& validation);
  std::string note() const;
  ExitCode run();
  bool out_of_patience() const {
    return recipe.early_stop.patience > 0 &&
           state.epoch - state.best.top1_epoch >= recipe.early_stop.patience && !dataset.val.empty();
  }

  const Recipe recipe;
  TrainerOptions options;
  const Dataset dataset;
  const Architecture architecture;
  RunFolder folder;
  FrameCache cache;
  const std::unique_ptr<TrainingTask> task;
  TrainingNetwork network;
  std::unique_ptr<Optimizer> optimizer;
  Schedule schedule;
  std::optional<WeightAverage> average;
  RunState state;

  std::atomic<bool> stopped{false};
  std::mutex flow_mutex;  // guards the pointer, for stop()
  std::unique_ptr<TrainingFlow> flow;
  std::optional<Progress> progress;
  double update_loss = 0;  // of the batches of the update so far
  Stopwatch since_checkpoint;
  std::int64_t updates_at_checkpoint = 0;
};

void Trainer::State::restore_checkpoint() {
  Checkpoint saved = load_checkpoint(folder.last(), architecture);
  RunState then = RunState::from_text(saved.run, folder.last());
  const std::string other = then.identity.difference(state.identity);
  if (!other.empty())
    throw ModelError(folder.last().string() + " cannot be gone on with: " + other +
                     "; expected the recipe and data that it was begun with");
  state = then;
  copy_values(saved.weights, network.weights());
  restore(std::move(saved), folder.last(), network.trained(), *optimizer, schedule,
          average ? &*average : nullptr);
  log::info("going on at epoch {}, step {} of {}", state.epoch + 1, state.step, batches_an_epoch());
}

void Trainer::State::checkpoint() {
  const std::string run = state.to_text();
  save_checkpoint({architecture, network.weights(), run, *optimizer, schedule, average ? &*average : nullptr},
                  folder.last());
  since_checkpoint.reset();
  updates_at_checkpoint = state.updates;
}

// One epoch's batches, from state.step on. False when it was stopped.
bool Trainer::State::train_epoch() {
  progress.emplace(fmt::format("epoch {}/{}", state.epoch + 1, recipe.epochs), task->samples_an_epoch());
  progress->advance(state.sums.clips);
  while (state.step < batches_an_epoch()) {
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
  const auto key = static_cast<std::uint64_t>(state.epoch * batches_an_epoch() + state.step);
  const double share = static_cast<double>(batch.clips) / static_cast<double>(clips_of_update(state.step));
  if (state.step % recipe.accumulate == 0) {
    network.clear_gradients();
    update_loss = 0;
  }
  const StepResult result = task->step(network, batch, {recipe.seed, key}, static_cast<float>(share));
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
  state.learning_rate = schedule.rate(state.updates);
  const double norm = optimizer->step(network.trained(), state.learning_rate);
  if (!std::isfinite(norm)) stop_at_bad_loss("the gradient is not finite");
  if (average) average->update(network.weights());
  ++state.updates;
  for (const auto& observer : options.observers)
    observer->step({state.updates, update_loss, state.learning_rate, norm});
}

void Trainer::State::stop_at_bad_loss(const std::string& what) {
  const std::string where = network.first_not_finite();
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

// What is validated and kept as best. Nothing where it was stopped.
std::optional<Weights> Trainer::State::judged_weights() {
  if (recipe.batch_norm != BatchNormMode::reestimate || !has_batch_norm(architecture))
    return average ? average->weights() : network.weights();
  const Weights live = network.weights();
  if (average) copy_values(average->weights(), network.weights());
  const auto epoch = static_cast<std::uint32_t>(state.epoch);
  // Other clips than the epoch's own: another order, other changes.
  const std::uint64_t seed = recipe.seed ^ 0x5BD1E995U;
  const auto statistics_flow = task->flow(seed, {epoch, 0, epoch + 1});
  std::optional<Weights> judged;
  if (!stopped.load() && reestimate_batch_norm(network, *statistics_flow, seed, stopped))
    judged = network.weights();
  copy_values(live, network.weights());
  return judged;
}

// After an epoch's last step: validation, the line in metrics.jsonl, best.safetensors. False when it was
// stopped: then all is as it was before.
bool Trainer::State::judge() {
  const std::optional<Weights> judged = judged_weights();
  if (!judged || stopped.load()) return false;
  Validation validation;
  try {
    validation = task->validate(*judged, stopped);
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
  progress->set_note(note() + (dataset.val.empty()
                                   ? std::string()
                                   : fmt::format(", val top-1 {:.1f} %", 100 * metrics.val_top1)));
  progress->finish();
  schedule.observe(metrics.val_top1);
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
  if (!dataset.val.empty() && !state.best.beaten_by(score.top1, val_loss)) return false;
  state.best = state.best.beaten_at(state.epoch + 1, dataset.val.empty() ? 0 : score.top1, val_loss);
  save_model({architecture, judged, validation.calibration}, folder.best());
  return true;
}

// Where a run goes on: who watches it did not see its best epoch. False when it was stopped.
bool Trainer::State::judge_best_again() {
  if (state.best.epoch == 0 || dataset.val.empty()) return true;
  try {
    const Validation validation = task->validate(load_model(folder.best(), &architecture).weights, stopped);
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
  const double clips_left = static_cast<double>(task->samples_an_epoch()) * (recipe.epochs - state.epoch) -
                            static_cast<double>(state.sums.clips);
  return fmt::format("loss {:.4f}, top-1 {:.1f} %, run {} left", state.sums.mean_loss(),
                     100 * state.sums.top1(), duration_text(per_clip * clips_left));
}

ExitCode Trainer::State::run() {
  for (const auto& observer : options.observers) observer->begin(state.epoch, state.updates);
  if (!judge_best_again()) return ExitCode::interrupted;
  if (!going_on()) checkpoint();
  const auto end = static_cast<std::uint32_t>(recipe.epochs);
  {
    const std::lock_guard lock(flow_mutex);
    flow = task->flow(recipe.seed, {static_cast<std::uint32_t>(state.epoch), state.step, end});
    if (stopped.load()) flow->stop();
  }
  if (state.epoch >= recipe.epochs)
    log::info("all {} epochs are done; more need epochs={}", recipe.epochs, state.epoch + 1);
  while (state.epoch < recipe.epochs && !out_of_patience()) {
    const bool trained = train_epoch();
    if (!trained || !judge()) {
      progress.reset();
      checkpoint();
      log::info("stopped in epoch {}, step {} of {}; --resume goes on from there", state.epoch + 1,
                state.step, batches_an_epoch());
      return ExitCode::interrupted;
    }
    ++state.epoch;
    state.step = 0;
    state.sums = {};
    checkpoint();
  }
  if (out_of_patience() && state.epoch < recipe.epochs)
    log::info("no better val_top1 in {} epochs: training ends early", recipe.early_stop.patience);
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
