#include "pipeline/training/member.h"

#include <algorithm>

#include "datasets/recordings/frame_cache.h"
#include "pipeline/training/memory_need.h"

namespace actionflow {

namespace {

TrainingOptions network_options(const Recipe& recipe, const Architecture& architecture,
                                const Dataset& dataset, std::int64_t samples, training::Ranks& ranks) {
  TrainingOptions options;
  options.ranks = &ranks;
  options.micro_batch = recipe.micro_batch;
  options.exchange = {recipe.ranks.sum, recipe.ranks.gradients};
  options.precision = recipe.precision;
  options.threads = recipe.step_threads();
  options.batch = std::min(recipe.batch, samples);
  options.loss = recipe.loss;
  options.frozen = recipe.freeze;
  options.rates = recipe.optimizer.rates;
  options.freeze_batch_norm = recipe.batch_norm == BatchNormMode::frozen;
  options.bytes_beside = bytes_beside_steps(recipe, architecture, dataset);
  options.clips_beside = recipe.worker_threads();
  return options;
}

std::int64_t quotient_up(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

}  // namespace

Recipe recipe_of_member(const Recipe& recipe, int member) {
  Recipe own = recipe;
  if (recipe.members > 1) {
    own.data.lists.val_parts = recipe.members;
    own.data.lists.val_part = member;
  }
  return own;
}

Member::Member(const Recipe& given, Dataset data, const Architecture& architecture, FrameCache& cache,
               Weights first, training::Ranks& ranks)
    : recipe(given),
      dataset(std::move(data)),
      task(make_task(recipe, dataset, architecture, cache, ranks)),
      network(architecture, std::move(first),
              network_options(recipe, architecture, dataset, task->samples_an_epoch(), ranks)),
      optimizer(Optimizer::create(recipe.optimizer)),
      schedule(recipe.schedule, recipe.optimizer.learning_rate,
               {static_cast<double>(recipe.epochs), updates_an_epoch()}) {
  if (recipe.ema.decay > 0) average.emplace(recipe.ema, network.weights());
}

std::int64_t Member::batches_an_epoch() const { return quotient_up(task->samples_an_epoch(), recipe.batch); }

std::int64_t Member::updates_an_epoch() const { return quotient_up(batches_an_epoch(), recipe.accumulate); }

std::int64_t Member::clips_of_update(std::int64_t batch) const {
  const std::int64_t most = recipe.accumulate * recipe.batch;
  const std::int64_t first = batch / recipe.accumulate * most;
  return std::min(most, task->samples_an_epoch() - first);
}

void copy_values(const Weights& from, Weights& to) {
  for (const auto& [name, tensor] : from.tensors)
    std::ranges::copy(tensor.values(), to.tensors.at(name).values().begin());
}

}  // namespace actionflow
