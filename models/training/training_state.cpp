#include "models/training/training_state.h"

#include <algorithm>

#include "models/kernels/openmp_threads.h"
#include "models/training/name_pattern.h"
#include "models/training/ranks/launcher.h"

namespace actionflow {

using training::BatchParts;
using training::TrainPlan;

float TrainingNetwork::State::rate_of(const std::string& name) const {
  std::size_t longest = 0;
  double rate = 1;
  for (const auto& [pattern, share] : options.rates) {
    if (pattern.size() < longest || !matches_pattern(name, pattern)) continue;
    longest = pattern.size();
    rate = share;
  }
  return static_cast<float>(rate);
}

bool TrainingNetwork::State::is_frozen(const std::string& name) const {
  return matching_pattern(name, options.frozen) != nullptr;
}

void TrainingNetwork::State::find_parameters() {
  for (const GraphNode& node : graph.nodes) {
    bool frozen = options.freeze_batch_norm;
    for (const Parameter& parameter : node.parameters) {
      if (!parameter.trainable) frozen = frozen || is_frozen(parameter.name);
      const bool known = std::any_of(parameters.begin(), parameters.end(),
                                     [&](const auto& use) { return use.name == parameter.name; });
      if (known) continue;
      const bool wanted = parameter.trainable && !is_frozen(parameter.name);
      parameters.push_back({parameter.name, wanted});
      if (!wanted) continue;
      gradients.emplace(parameter.name, Tensor(parameter.shape));
      trained.push_back({parameter.name, parameter.role, {}, {}, parameter.shape, rate_of(parameter.name)});
    }
    frozen_statistics.push_back(frozen && std::holds_alternative<BatchNorm>(node.operation));
  }
  check_patterns(options.frozen, architecture, "freeze");
  std::vector<std::string> patterns;
  for (const auto& [pattern, share] : options.rates) patterns.push_back(pattern);
  check_patterns(patterns, architecture, "optimizer.rates");
  refresh_trained();
}

// A caller may have put other tensors in place of the weights.
void TrainingNetwork::State::refresh_trained() {
  for (TrainedParameter& parameter : trained) {
    parameter.value = weights.tensors.at(parameter.name).values();
    parameter.gradient = gradients.at(parameter.name).values();
  }
}

const TrainPlan& TrainingNetwork::State::plan(std::int64_t clips) {
  auto& found = plans[clips];
  if (found == nullptr) {
    const int threads = in_parts() ? 1 : options.threads;
    set_threads(threads);
    found = TrainPlan::build({graph, architecture.name, clips, type, parameters, frozen_statistics, threads});
    if (found->arena_bytes() > arena_bytes) allocate_arenas(found->arena_bytes());
    set_threads(options.threads);
  }
  return *found;
}

void TrainingNetwork::State::allocate_arenas(std::size_t bytes) {
  const int parts = divide(options.batch).count();
  arenas.clear();
  arenas.resize(static_cast<std::size_t>((parts + ranks->count() - 1) / ranks->count()));
  check_step_memory(bytes);
  for (Memory& arena : arenas) arena = allocate(bytes, architecture.name);
  arena_bytes = bytes;
}

std::size_t TrainingNetwork::State::trained_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [name, gradient] : gradients)
    bytes += static_cast<std::size_t>(gradient.size()) * sizeof(float);
  return bytes;
}

void TrainingNetwork::State::check_step_memory(std::size_t bytes) const {
  // Gradients of each part, their sums, and what is on its way to other ranks and from them.
  const std::size_t copies = is_divided(divide(options.batch)) ? arenas.size() + 3 : 0;
  const std::size_t gradient_copies = copies * trained_bytes();
  const auto here = static_cast<std::size_t>(ranks->alone() ? 1 : training::ranks_on_this_machine());
  const std::size_t a_clip = bytes / static_cast<std::size_t>(std::min(clips_a_part(), options.batch));
  check_memory(architecture.name + ": a training step on " + std::to_string(options.batch) +
                   " clips, and what stands beside it, need",
               here * (bytes * arenas.size() + gradient_copies + options.bytes_beside +
                       a_clip * static_cast<std::size_t>(options.clips_beside)));
}

// A row has gradients in the order in which the backward pass ends them: a parameter's with the first step,
// of forward order, that has it.
void TrainingNetwork::State::make_rows() {
  const std::vector<training::TrainStep>& steps = plan(std::min(clips_a_part(), options.batch)).steps();
  constexpr auto kNowhere = training::TrainStep::kNowhere;
  std::vector<std::size_t> first_step(parameters.size(), kNowhere);
  for (std::size_t i = steps.size(); i-- > 0;)
    for (const int parameter : steps[i].parameters) first_step[static_cast<std::size_t>(parameter)] = i;
  places.assign(parameters.size(), kNowhere);
  complete_after.assign(steps.size(), 0);
  std::size_t end = 0;
  for (std::size_t i = steps.size(); i-- > 0;) {
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      if (first_step[p] != i || !parameters[p].trained) continue;
      places[p] = end;
      end += static_cast<std::size_t>(gradients.at(parameters[p].name).size());
    }
    complete_after[i] = static_cast<std::int64_t>(end);
  }
  for (std::size_t part = 0; part < arenas.size(); ++part)
    rows.push_back(allocate(std::max<std::size_t>(1, end) * sizeof(float), architecture.name));
  exchange.emplace(*ranks, options.exchange, static_cast<std::int64_t>(end));
}

}  // namespace actionflow
