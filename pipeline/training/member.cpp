#include "pipeline/training/member.h"

#include <algorithm>

#include "datasets/recordings/frame_cache.h"
#include "models/plan/memory.h"

namespace actionflow {

namespace {

constexpr int kCopiesForValidation = 2;  // those that are judged, and those that its network has packed
constexpr std::size_t kForAllElse = std::size_t{64} << 20U;  // decoders, pictures on their way, the program

int moments(const OptimizerOptions& optimizer) {
  if (optimizer.kind == OptimizerKind::adamw) return 2;
  return optimizer.momentum > 0 ? 1 : 0;
}

std::size_t bytes_of_parameters(const Architecture& architecture) {
  return static_cast<std::size_t>(architecture.parameter_count()) * sizeof(float);
}

// Of which there is one copy more while validation's network packs it.
std::size_t largest_parameter(const Architecture& architecture) {
  std::int64_t largest = 0;
  for (const GraphNode& node : architecture.graph.nodes)
    for (const Parameter& parameter : node.parameters)
      largest = std::max(largest, element_count(parameter.shape));
  return static_cast<std::size_t>(largest) * sizeof(float);
}

std::size_t bytes_beside_steps(const Recipe& recipe, const Architecture& architecture) {
  const int copies = moments(recipe.optimizer) + (recipe.ema.decay > 0 ? 1 : 0) + kCopiesForValidation;
  return bytes_of_parameters(architecture) * static_cast<std::size_t>(copies) +
         largest_parameter(architecture) + kForAllElse;
}

TrainingOptions network_options(const Recipe& recipe, const Architecture& architecture,
                                std::int64_t samples) {
  TrainingOptions options;
  options.precision = recipe.precision;
  options.threads = recipe.step_threads();
  options.batch = std::min(recipe.batch, samples);
  options.loss = recipe.loss;
  options.frozen = recipe.freeze;
  options.rates = recipe.optimizer.rates;
  options.freeze_batch_norm = recipe.batch_norm == BatchNormMode::frozen;
  options.bytes_beside = bytes_beside_steps(recipe, architecture);
  options.clips_beside = recipe.worker_threads();
  return options;
}

std::int64_t quotient_up(std::int64_t value, std::int64_t by) { return (value + by - 1) / by; }

}  // namespace

void check_memory_of_weights(const Recipe& recipe, const Architecture& architecture) {
  check_memory(architecture.name + ": its weights, gradients, the optimizer's moments and validation need",
               2 * bytes_of_parameters(architecture) + bytes_beside_steps(recipe, architecture));
}

Recipe recipe_of_member(const Recipe& recipe, int member) {
  Recipe own = recipe;
  if (recipe.members > 1) {
    own.data.lists.val_parts = recipe.members;
    own.data.lists.val_part = member;
  }
  return own;
}

Member::Member(const Recipe& given, Dataset data, const Architecture& architecture, FrameCache& cache,
               Weights first)
    : recipe(given),
      dataset(std::move(data)),
      task(make_task(recipe, dataset, architecture, cache)),
      network(architecture, std::move(first),
              network_options(recipe, architecture, task->samples_an_epoch())),
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
