#include "pipeline/training/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/hash.h"
#include "base/log/log.h"
#include "base/machine/processor.h"
#include "models/formats/weight_files.h"
#include "models/training/checkpoint.h"
#include "models/training/ranks/launcher.h"
#include "models/weights/initial_weights.h"
#include "pipeline/recipe/recipe_fit.h"
#include "pipeline/recipe/training_data.h"
#include "pipeline/training/memory_need.h"
#include "pipeline/training/records/watchers.h"
#include "pipeline/training/trainer_state.h"

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

// The same for any number of processes, one among them.
Recipe divided(Recipe recipe) {
  if (recipe.micro_batch == 0 && training::started_by_launcher()) recipe.micro_batch = 1;
  return recipe;
}

// What ranks may have each for itself.
Recipe without_own_means(Recipe recipe) {
  recipe.threads = recipe.workers = 0;
  recipe.data.cache = {};
  return recipe;
}

int instruction_sets() { return (has_avx2() ? 1 : 0) | (has_avx512() ? 2 : 0) | (has_avx512_bf16() ? 4 : 0); }

Architecture checked_network(const Recipe& recipe, const config::Value& document, const Dataset& dataset) {
  Architecture architecture = read_network(recipe, dataset.classes);
  require_fitting_recipe(recipe, document, architecture);
  check_memory_of_weights(recipe, architecture, dataset);
  return architecture;
}

}  // namespace

Trainer::State::State(Recipe given, const config::Value& document, TrainerOptions trainer_options)
    : options(std::move(trainer_options)),
      ranks(options.ranks != nullptr ? *options.ranks : alone),
      recipe(divided(std::move(given))),
      first_data(read_training_data(recipe_of_member(recipe, 0))),
      architecture(checked_network(recipe, document, first_data)),
      folder(recipe.output, options.resume, ranks.first()),
      cache(cache_options(recipe)) {
  recipe_text = print_recipe(without_own_means(recipe), document);
  if (first_data.val.empty() && ranks.first())
    log::warn(
        "there is no validation split: best.safetensors will hold the last epoch, uncalibrated "
        "(data.val_share holds some of train out)");
  if (going_on()) {
    restore_checkpoint();
  } else {
    if (options.resume) log::info("{} does not exist: the run begins", folder.last().string());
    begin_member(std::move(first_data), first_weights(recipe, architecture, false));
    if (ranks.first()) scan_training_data(recipe, member->dataset, architecture.input);
    folder.write_recipe(print_recipe(with_absolute_paths(recipe), document));
  }
  note_whole_step();
  if (!ranks.first()) {
    options.observers.clear();
    return;
  }
  folder.cut_metrics(state.epoch);
  options.observers.push_back(tensorboard_writer(recipe.output));
  options.observers.push_back(report_writer(
      {recipe.output, architecture.name, architecture.classes, recipe.data.sampling, architecture.input},
      cache));
}

void Trainer::State::begin_member(Dataset data, Weights first) {
  member_recipe = recipe_of_member(recipe, state.member);
  member.emplace(member_recipe, std::move(data), architecture, cache, std::move(first), ranks);
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
  note_whole_step();
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
  if (!folder.writes()) return;
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
  if (stopped.load() && ranks.alone()) flow->stop();
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
    note_whole_step();
    checkpoint();
  }
  end_flow();
  if (state.epoch < end_of_member())
    log::info("no better {} in {} epochs: training ends early", recipe.data.streams ? "val_loss" : "val_top1",
              recipe.early_stop.patience);
  return true;
}

void Trainer::State::require_same_everywhere() {
  const std::vector<int> sets = ranks.gather(instruction_sets());
  const auto others = std::ranges::find_if(sets, [&](int set) { return set != sets.front(); });
  if (others != sets.end())
    throw UsageError(fmt::format(
        "rank {} computes by other instruction sets than the first, which gives other last bits, expected "
        "processors alike or ACTIONFLOW_ISA=avx2 (or generic) for all",
        others - sets.begin()));
  const std::uint64_t own = fnv1a(state.to_text() + architecture.name + recipe_text);
  const std::vector<std::uint64_t> all = ranks.gather(own);
  const auto other = std::ranges::find_if(all, [&](std::uint64_t hash) { return hash != all.front(); });
  if (other != all.end())
    throw UsageError(
        fmt::format("rank {} has another recipe, other data or another checkpoint than the first, expected "
                    "files that all "
                    "ranks see, such as on a shared disk",
                    other - all.begin()));
}

bool Trainer::State::told_to_stop() {
  const std::vector<bool> all = ranks.gather_flags(stopped.load());
  return std::ranges::find(all, true) != all.end();
}

void Trainer::State::note_whole_step() {
  whole.emplace(WholeStep{state, {}});
  for (const GraphNode& node : architecture.graph.nodes)
    for (const Parameter& parameter : node.parameters)
      if (!parameter.trainable)
        whole->statistics.emplace(parameter.name, member->network.weights().tensors.at(parameter.name));
}

// By the first rank that lives: the others find the folder held. Once.
void Trainer::State::save_whole_step() {
  if (!whole) return;
  constexpr double kTurnSeconds = 0.05;
  std::this_thread::sleep_for(std::chrono::duration<double>(kTurnSeconds * ranks.rank()));
  folder.try_to_take_over();
  if (!folder.writes()) return;
  state = whole->state;
  for (const auto& [name, tensor] : whole->statistics)
    std::ranges::copy(tensor.values(), member->network.weights().tensors.at(name).values().begin());
  whole.reset();
  progress.reset();
  checkpoint();
  // Which rank it is is nobody's choice, and only the first tells what is not a warning.
  log::write(
      ranks.first() ? log::Level::info : log::Level::warn,
      fmt::format("the last whole step stands in {}: epoch {}, step {} of {}; --resume goes on from there",
                  folder.last().string(), state.epoch + 1, state.step, member->batches_an_epoch()));
}

// Whatever ends it, what was trained stands.
bool Trainer::State::train_member_or_save() {
  try {
    return train_member();
  } catch (...) {
    try {
      save_whole_step();
    } catch (const Error& error) {
      log::warn("{}; the checkpoint before stands", error.what());
    }
    throw;
  }
}

ExitCode Trainer::State::run() {
  require_same_everywhere();
  for (const auto& observer : options.observers) observer->begin(state.epoch, state.updates);
  if (!judge_best_again()) return ExitCode::interrupted;
  if (!going_on()) checkpoint();
  if (state.epoch >= end_of_run())
    log::info("all {} epochs are done; more need epochs={}", recipe.epochs, recipe.epochs + 1);
  for (;;) {
    if (!train_member_or_save()) return ExitCode::interrupted;
    whole.reset();
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
  state_->ranks.stop();
  // Inside an accumulated update the batches that are left still come, and ranks stop after the same one.
  if (state_->recipe.accumulate > 1 || !state_->ranks.alone()) return;
  const std::lock_guard lock(state_->flow_mutex);
  if (state_->flow) state_->flow->stop();
}

}  // namespace actionflow
