#include "models/training/training_network.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "models/kernels/entry.h"
#include "models/kernels/openmp_threads.h"
#include "models/plan/memory.h"
#include "models/plan/precision.h"
#include "models/training/diagnosis.h"
#include "models/training/name_pattern.h"
#include "models/training/plan/train_plan.h"
#include "models/training/stream_loss.h"

namespace actionflow {

using training::TrainPlan;
using training::TrainRun;

struct TrainingNetwork::State {
  Architecture architecture;
  Weights weights;
  TrainingOptions options;
  FittedLoss loss;
  Graph graph;  // without the closing activation
  kernels::ElementType type = kernels::ElementType::f32;
  kernels::Normalisation normalisation;

  std::vector<training::ParameterUse> parameters;  // all, each once
  std::vector<bool> frozen_statistics;
  std::map<std::string, Tensor> gradients;
  std::vector<TrainedParameter> trained;

  std::map<std::int64_t, std::unique_ptr<const TrainPlan>> plans;  // by batch
  Memory arena;
  std::size_t arena_bytes = 0;
  const TrainPlan* last = nullptr;  // the last batch's
  training::StepKey last_key;

  void find_parameters();
  bool is_frozen(const std::string& name) const;
  float rate_of(const std::string& name) const;
  void refresh_trained();
  const TrainPlan& plan(std::int64_t batch);
  void check_step_memory(std::int64_t batch, std::size_t bytes) const;
  TrainRun run();
  TrainRun forward(const TrainPlan& plan, training::StepKey key);
  // `loss_of` takes the logits, N×K or, of several samples, N×K×T.
  template <class Loss>
  BatchResult step(const TrainPlan& plan, const Loss& loss_of, training::StepKey key, float share);
  BatchResult step(const TrainPlan& plan, const Tensor& targets, training::StepKey key, float share) {
    return step(
        plan, [&](const Tensor& logits) { return evaluate_loss(loss.options, logits, targets); }, key, share);
  }
  const TrainPlan& enter(std::span<const std::uint8_t* const> frames, const Mixing* mixing);
};

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

const TrainPlan& TrainingNetwork::State::plan(std::int64_t batch) {
  auto& found = plans[batch];
  if (found == nullptr) {
    found = TrainPlan::build(
        {graph, architecture.name, batch, type, parameters, frozen_statistics, options.threads});
    if (found->arena_bytes() > arena_bytes) {
      arena.reset();
      check_step_memory(batch, found->arena_bytes());
      arena = allocate(found->arena_bytes(), architecture.name);
      arena_bytes = found->arena_bytes();
    }
  }
  return *found;
}

void TrainingNetwork::State::check_step_memory(std::int64_t batch, std::size_t bytes) const {
  const std::size_t a_clip = bytes / static_cast<std::size_t>(batch);
  check_memory(architecture.name + ": a training step on " + std::to_string(batch) +
                   " clips, and what stands beside it, need",
               bytes + options.bytes_beside + a_clip * static_cast<std::size_t>(options.clips_beside));
}

TrainRun TrainingNetwork::State::run() {
  TrainRun run;
  run.arena = arena.get();
  run.key = last_key;
  for (const training::ParameterUse& use : parameters) {
    run.parameters.push_back(weights.tensors.at(use.name).data());
    run.gradients.push_back(use.trained ? gradients.at(use.name).data() : nullptr);
  }
  return run;
}

TrainRun TrainingNetwork::State::forward(const TrainPlan& used, training::StepKey key) {
  last = &used;
  last_key = key;
  TrainRun now = run();
  used.forward(now);
  return now;
}

template <class Loss>
BatchResult TrainingNetwork::State::step(const TrainPlan& used, const Loss& loss_of, training::StepKey key,
                                         float share) {
  const TrainRun now = forward(used, key);
  const kernels::Layout& layout = used.output().layout;
  Shape shape{layout.batch, layout.extents.c};
  if (loss.options.kind == LossKind::actions) shape.push_back(layout.extents.t);
  Tensor plain(shape);
  kernels::to_plain(arena.get() + used.output().offset, layout, plain.data());
  LossResult result = loss_of(plain);
  if (used.has_backward()) {
    for (float& g : result.gradient.values()) g *= share;
    kernels::from_plain(result.gradient.data(), layout, arena.get() + used.output_gradient().offset);
    used.backward(now);
  }
  return {result.loss, std::move(plain)};
}

namespace {

Graph without_end(const Graph& graph, int logits) {
  Graph result = graph;
  result.output = logits;
  return result;
}

}  // namespace

// A batch's frames into the arena of the plan that they need.
const TrainPlan& TrainingNetwork::State::enter(std::span<const std::uint8_t* const> frames,
                                               const Mixing* mixing) {
  const std::int64_t in_clip = graph.input.t, count = static_cast<std::int64_t>(frames.size());
  if (count == 0 || count % in_clip != 0 || count / in_clip > options.batch)
    throw std::invalid_argument(std::to_string(count) + " frames are no whole batch of clips of " +
                                std::to_string(in_clip));
  set_threads(options.threads);
  const TrainPlan& used = plan(count / in_clip);
  const kernels::Layout& layout = used.input().layout;
  std::byte* to = arena.get() + used.input().offset;
  if (mixing == nullptr)
    kernels::normalise_frames(frames, normalisation, layout, to);
  else
    normalise_mixed(frames, normalisation, *mixing, layout, to);
  return used;
}

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
  s.graph = without_end(s.architecture.graph, s.loss.logits);
  s.normalisation = kernels::normalisation_of(s.architecture.input, s.graph.input.c);
  set_threads(s.options.threads);
  s.find_parameters();
  s.plan(s.options.batch);
}

TrainingNetwork::~TrainingNetwork() = default;

const Architecture& TrainingNetwork::architecture() const { return state_->architecture; }
std::int64_t TrainingNetwork::batch() const { return state_->options.batch; }
Weights& TrainingNetwork::weights() { return state_->weights; }
const Weights& TrainingNetwork::weights() const { return state_->weights; }

std::span<const TrainedParameter> TrainingNetwork::trained() const {
  state_->refresh_trained();
  return state_->trained;
}

void TrainingNetwork::clear_gradients() {
  for (auto& [name, gradient] : state_->gradients) std::fill_n(gradient.data(), gradient.size(), 0.0F);
}

BatchResult TrainingNetwork::accumulate(std::span<const std::uint8_t* const> frames, const Tensor& targets,
                                        training::StepKey key, const std::optional<Mixing>& mixing,
                                        float share) {
  return state_->step(state_->enter(frames, mixing ? &*mixing : nullptr), targets, key, share);
}

BatchResult TrainingNetwork::accumulate(std::span<const std::uint8_t* const> frames,
                                        std::span<const SampleTarget> targets, training::StepKey key,
                                        float share) {
  const auto loss_of = [&](const Tensor& values) {
    return evaluate_stream_loss(state_->loss.options, values, targets);
  };
  return state_->step(state_->enter(frames, nullptr), loss_of, key, share);
}

void TrainingNetwork::observe(std::span<const std::uint8_t* const> frames, training::StepKey key,
                              const std::optional<Mixing>& mixing) {
  state_->forward(state_->enter(frames, mixing ? &*mixing : nullptr), key);
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
  const TrainPlan& used = s.enter(frames, nullptr);
  const std::vector<training::TrainStep>& steps = used.steps();
  const auto has_places = [](const training::TrainStep& step) {
    const Extents& e = step.result.layout.extents;
    return step.runs_backward && e.h * e.w > 1;
  };
  const auto map = std::find_if(steps.rbegin(), steps.rend(), has_places);
  if (map == steps.rend())
    throw UsageError(s.architecture.name + ": no layer's result has places in the picture");
  const auto at = static_cast<std::size_t>(steps.rend() - map) - 1;
  s.last = &used;
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

BatchResult TrainingNetwork::accumulate(const Tensor& input, const Tensor& targets, training::StepKey key,
                                        float share) {
  const Extents& e = state_->graph.input;
  const std::int64_t clips = input.shape().empty() ? 0 : input.dim(0);
  if (clips < 1 || clips > batch() || input.shape() != Shape{clips, e.c, e.t, e.h, e.w})
    throw ModelError(state_->architecture.name + ": the input is " + to_string(input.shape()) +
                     ", expected " + to_string(Shape{batch(), e.c, e.t, e.h, e.w}) +
                     " (clips × channels × frames × height × width)");
  set_threads(state_->options.threads);
  const TrainPlan& plan = state_->plan(clips);
  kernels::from_plain(input.data(), plan.input().layout, state_->arena.get() + plan.input().offset);
  return state_->step(plan, targets, key, share);
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
  const TrainPlan& plan = s.plan(s.options.batch);
  std::vector<PlanStep> lines =
      training::measure_steps(plan, s.run(), s.graph, s.weights, s.options.threads, repetitions);
  clear_gradients();
  s.last = nullptr;
  return lines;
}

std::size_t TrainingNetwork::memory_bytes() const { return state_->arena_bytes; }

}  // namespace actionflow
