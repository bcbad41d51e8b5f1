#include "models/training/training_network.h"

#include <algorithm>

#include "base/error.h"
#include "models/kernels/openmp_threads.h"
#include "models/plan/precision.h"
#include "models/training/diagnosis.h"
#include "models/training/training_state.h"

namespace actionflow {

using training::BatchParts;
using training::PartRuns;
using training::TrainPlan;
using training::TrainRun;

namespace {

Graph without_end(const Graph& graph, int logits) {
  Graph result = graph;
  result.output = logits;
  return result;
}

void check_division(const std::string& network, const BatchParts& parts) {
  if (parts.count() >= parts.ranks()) return;
  throw UsageError(network + ": a batch of " + std::to_string(parts.clips()) + " clips in parts of " +
                   std::to_string(parts.clips_of(0)) + " cannot be shared by " +
                   std::to_string(parts.ranks()) +
                   " ranks, expected fewer ranks, a smaller 'micro_batch' or a larger 'batch'");
}

}  // namespace

TrainingNetwork::TrainingNetwork(Architecture architecture, Weights weights, TrainingOptions options)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  check_weights(architecture, weights, "the weights to begin with");
  if (options.batch < 1 || options.threads < 1)
    throw UsageError(architecture.name + ": batch and threads must be at least 1");
  s.type = element_type(architecture.name, options.precision);
  s.loss = fit_loss(options.loss, architecture);
  s.architecture = std::move(architecture);
  s.weights = std::move(weights);
  s.options = std::move(options);
  s.options.threads = available_threads(s.options.threads);
  if (s.options.ranks != nullptr) s.ranks = s.options.ranks;
  s.graph = without_end(s.architecture.graph, s.loss.logits);
  s.normalisation = kernels::normalisation_of(s.architecture.input, s.graph.input.c);
  set_threads(s.options.threads);
  s.find_parameters();
  check_division(s.architecture.name, s.divide(s.options.batch));
  s.plan(std::min(s.options.batch, s.clips_a_part()));
}

TrainingNetwork::~TrainingNetwork() = default;

const Architecture& TrainingNetwork::architecture() const { return state_->architecture; }
std::int64_t TrainingNetwork::batch() const { return state_->options.batch; }
BatchParts TrainingNetwork::parts(std::int64_t clips) const { return state_->divide(clips); }
Weights& TrainingNetwork::weights() { return state_->weights; }
const Weights& TrainingNetwork::weights() const { return state_->weights; }

std::span<const TrainedParameter> TrainingNetwork::trained() const {
  state_->refresh_trained();
  return state_->trained;
}

void TrainingNetwork::clear_gradients() {
  for (auto& [name, gradient] : state_->gradients) std::fill_n(gradient.data(), gradient.size(), 0.0F);
}

namespace {

Tensor plain_value(const kernels::Layout& layout, const std::byte* values) {
  const Extents& e = layout.extents;
  Tensor plain({layout.batch, e.c, e.t, e.h, e.w});
  kernels::to_plain(values, layout, plain.data());
  return plain;
}

}  // namespace

LayerGradient TrainingNetwork::last_map(std::span<const std::uint8_t* const> frames,
                                        const Tensor& by_output) {
  State& s = *state_;
  const PartRuns entered = s.enter(frames, nullptr, s.last_key);
  const TrainPlan& used = entered.pattern();
  const std::vector<training::TrainStep>& steps = used.steps();
  const auto has_places = [](const training::TrainStep& step) {
    const Extents& e = step.result.layout.extents;
    return step.runs_backward && e.h * e.w > 1;
  };
  const auto map = std::find_if(steps.rbegin(), steps.rend(), has_places);
  if (map == steps.rend())
    throw UsageError(s.architecture.name + ": no layer's result has places in the picture");
  const auto at = static_cast<std::size_t>(steps.rend() - map) - 1;
  const TrainRun run = s.run();
  LayerGradient found{map->name, {}, {}};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    used.forward_step(i, run);
    if (i == at) found.value = plain_value(map->result.layout, run.arena + map->result.offset);
  }
  kernels::from_plain(by_output.data(), used.output().layout, run.arena + used.output_gradient().offset);
  for (std::size_t i = steps.size(); i-- > at + 1;)
    if (steps[i].runs_backward) used.backward_step(i, run);
  found.gradient = plain_value(map->result.layout, run.arena + map->output_gradient);
  return found;
}

std::vector<const GraphNode*> TrainingNetwork::moving_norms() const {
  std::vector<const GraphNode*> norms;
  const std::vector<GraphNode>& nodes = state_->architecture.graph.nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (std::holds_alternative<BatchNorm>(nodes[i].operation) && !state_->frozen_statistics[i])
      norms.push_back(&nodes[i]);
  return norms;
}

std::string TrainingNetwork::first_not_finite() {
  State& s = *state_;
  std::string found = training::bad_parameter(s.graph, s.weights);
  if (!found.empty()) return found;
  if (s.last != nullptr) {
    set_threads(s.options.threads);
    found = training::bad_value(*s.last, s.run(), s.graph, s.weights);
  }
  return found.empty() ? training::bad_gradient(trained()) : found;
}

std::vector<PlanStep> TrainingNetwork::measure_steps(int repetitions) {
  State& s = *state_;
  set_threads(s.options.threads);
  const TrainPlan& plan = s.plan(std::min(s.options.batch, s.clips_a_part()));
  std::vector<PlanStep> lines =
      training::measure_steps(plan, s.run(), s.graph, s.weights, s.options.threads, repetitions);
  clear_gradients();
  s.last = nullptr;
  return lines;
}

std::size_t TrainingNetwork::memory_bytes() const { return state_->arena_bytes * state_->arenas.size(); }

}  // namespace actionflow
