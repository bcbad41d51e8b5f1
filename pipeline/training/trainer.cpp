#include "pipeline/training/trainer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log/log.h"
#include "models/formats/weight_files.h"
#include "models/training/checkpoint.h"
#include "models/weights/initial_weights.h"
#include "pipeline/recipe/training_data.h"
#include "pipeline/training/memory_need.h"
#include "pipeline/training/trainer_state.h"
#include "pipeline/training/watchers.h"

namespace actionflow {

namespace {

Weights first_weights(const Recipe& recipe, const Architecture& architecture, bool told) {
  Weights weights = initial_weights(architecture, recipe.seed);
  if (recipe.init.weights.empty()) return weights;
  const Transfer transfer = load_initial_weights(recipe.init, architecture, weights);
  if (told) return weights;
  for (const std::string& line : describe_transfer(transfer, recipe.init)) log::info("{}", line);
  return weights;
}

Architecture checked_network(const Recipe& recipe, const Dataset& dataset) {
  Architecture architecture = read_network(recipe, dataset.classes);
  check_memory_of_weights(recipe, architecture, dataset);
  return architecture;
}

}  // namespace

Trainer::State::State(Recipe given, const config::Value& document, TrainerOptions trainer_options)
    : recipe(std::move(given)),
      options(std::move(trainer_options)),
      first_data(read_training_data(recipe_of_member(recipe, 0))),
      architecture(checked_network(recipe, first_data)),
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
