#include "models/training/training_network.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>

#include "base/error.h"
#include "models/kernels/elementwise/gradient_sum.h"
#include "models/kernels/entry.h"
#include "models/kernels/openmp_threads.h"
#include "models/plan/memory.h"
#include "models/plan/precision.h"
#include "models/training/name_pattern.h"
#include "models/training/plan/train_plan.h"

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
  void refresh_trained();
  const TrainPlan& plan(std::int64_t batch);
  TrainRun run();
  std::map<std::string, Tensor> statistics() const;
  void restore(const std::map<std::string, Tensor>& statistics);
  TrainRun forward(const TrainPlan& plan, training::StepKey key);
  std::string bad_parameter() const;
  std::string bad_value();
  std::string bad_gradient() const;
  BatchResult step(const TrainPlan& plan, const Tensor& targets, training::StepKey key, float share);
  const TrainPlan& enter(std::span<const std::uint8_t* const> frames, const Mixing* mixing);
  void normalise(const TrainPlan& plan, std::span<const std::uint8_t* const> frames, const Mixing* mixing);
};

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
      trained.push_back({parameter.name, parameter.role, {}, {}, parameter.shape});
    }
    frozen_statistics.push_back(frozen && std::holds_alternative<BatchNorm>(node.operation));
  }
  check_patterns(options.frozen, architecture, "frozen");
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
      arena = allocate(found->arena_bytes(), architecture.name);
      arena_bytes = found->arena_bytes();
    }
  }
  return *found;
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

// What a forward pass changes: moving means and variances.
std::map<std::string, Tensor> TrainingNetwork::State::statistics() const {
  std::map<std::string, Tensor> result;
  for (const GraphNode& node : graph.nodes)
    for (const Parameter& parameter : node.parameters)
      if (!parameter.trainable) result.emplace(parameter.name, weights.tensors.at(parameter.name));
  return result;
}

void TrainingNetwork::State::restore(const std::map<std::string, Tensor>& statistics) {
  for (const auto& [name, kept] : statistics)
    std::copy_n(kept.data(), kept.size(), weights.tensors.at(name).data());
}

TrainRun TrainingNetwork::State::forward(const TrainPlan& used, training::StepKey key) {
  last = &used;
  last_key = key;
  TrainRun now = run();
  used.forward(now);
  return now;
}

BatchResult TrainingNetwork::State::step(const TrainPlan& used, const Tensor& targets, training::StepKey key,
                                         float share) {
  const TrainRun now = forward(used, key);
  const kernels::Layout& layout = used.output().layout;
  Tensor plain({layout.batch, layout.extents.c});
  kernels::to_plain(arena.get() + used.output().offset, layout, plain.data());
  LossResult result = evaluate_loss(loss.options, plain, targets);
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

// Clips of floats, `each` elements apart, blended with their partners.
void blend(const std::vector<float>& clips, const Mixing& mixing, std::int64_t each,
           std::vector<float>& out) {
  for (std::size_t i = 0; i < mixing.partner.size(); ++i) {
    const float* own = clips.data() + static_cast<std::int64_t>(i) * each;
    const float* other = clips.data() + mixing.partner[i] * each;
    float* to = out.data() + static_cast<std::int64_t>(i) * each;
    const float share = mixing.lambda[i], rest = 1 - share;
    for (std::int64_t k = 0; k < each; ++k) to[k] = share * own[k] + rest * other[k];
  }
}

bool all_finite(const float* values, std::int64_t count) {
  // A sum of zeros unless something is not finite.
  float sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += values[i] * 0.0F;
  return sum == 0.0F;
}

bool all_finite(const Tensor& tensor) { return all_finite(tensor.data(), tensor.size()); }

bool all_finite(const kernels::Layout& layout, const std::byte* values) {
  if (layout.type == kernels::ElementType::f32)
    return all_finite(reinterpret_cast<const float*>(values), layout.elements());
  std::vector<float> wide(static_cast<std::size_t>(layout.elements()));
  training::convert(layout, values, kernels::ElementType::f32, wide.data());
  return all_finite(wide.data(), layout.elements());
}

double milliseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

// One thread's time is the processor's, so that others at work hardly count.
template <class F>
double median_milliseconds(int threads, int repetitions, F body) {
  const clockid_t clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  std::vector<double> times;
  body();
  for (int i = 0; i < std::max(repetitions, 1); ++i) {
    const double start = milliseconds(clock);
    body();
    times.push_back(milliseconds(clock) - start);
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
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
  normalise(used, frames, mixing);
  return used;
}

void TrainingNetwork::State::normalise(const TrainPlan& used, std::span<const std::uint8_t* const> frames,
                                       const Mixing* mixing) {
  const kernels::Layout& layout = used.input().layout;
  std::byte* to = arena.get() + used.input().offset;
  if (mixing == nullptr) return kernels::normalise_frames(frames, normalisation, layout, to);
  const auto clips = static_cast<std::size_t>(layout.batch);
  const bool fits = mixing->partner.size() == clips && mixing->lambda.size() == clips &&
                    std::all_of(mixing->partner.begin(), mixing->partner.end(),
                                [&](int p) { return p >= 0 && p < layout.batch; });
  if (!fits) throw std::invalid_argument("mixing needs a partner and a share for each clip of the batch");
  kernels::Layout wide = layout;
  wide.type = kernels::ElementType::f32;
  std::vector<float> plain(static_cast<std::size_t>(wide.elements())), mixed(plain.size());
  kernels::normalise_frames(frames, normalisation, wide, plain.data());
  blend(plain, *mixing, wide.elements() / wide.batch, mixed);
  training::convert(wide, mixed.data(), layout.type, to);
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

void TrainingNetwork::observe(std::span<const std::uint8_t* const> frames, training::StepKey key,
                              const std::optional<Mixing>& mixing) {
  state_->forward(state_->enter(frames, mixing ? &*mixing : nullptr), key);
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

// Moving statistics left out: a bad value spoils those of each batch norm above it.
std::string TrainingNetwork::State::bad_parameter() const {
  for (const GraphNode& node : graph.nodes)
    for (const Parameter& parameter : node.parameters)
      if (parameter.trainable && !all_finite(weights.tensors.at(parameter.name))) return parameter.name;
  return {};
}

std::string TrainingNetwork::State::bad_value() {
  if (last == nullptr) return {};
  if (!all_finite(last->input().layout, arena.get() + last->input().offset)) return "input";
  set_threads(options.threads);
  const auto kept = statistics();
  const TrainRun again = run();
  std::string found;
  for (std::size_t i = 0; found.empty() && i < last->steps().size(); ++i) {
    const training::TrainStep& step = last->steps()[i];
    last->forward_step(i, again);
    if (!all_finite(step.result.layout, arena.get() + step.result.offset)) found = step.name;
  }
  restore(kept);
  return found;
}

std::string TrainingNetwork::State::bad_gradient() const {
  const auto bad = std::find_if(trained.rbegin(), trained.rend(), [&](const TrainedParameter& parameter) {
    return !all_finite(gradients.at(parameter.name));
  });
  return bad == trained.rend() ? std::string() : "the gradient of " + bad->name;
}

std::string TrainingNetwork::first_not_finite() {
  std::string found = state_->bad_parameter();
  if (found.empty()) found = state_->bad_value();
  if (found.empty()) found = state_->bad_gradient();
  return found;
}

std::vector<PlanStep> TrainingNetwork::measure_steps(int repetitions) {
  State& s = *state_;
  set_threads(s.options.threads);
  const TrainPlan& plan = s.plan(s.options.batch);
  const auto kept = s.statistics();
  const TrainRun run = s.run();
  std::vector<PlanStep> lines;
  const auto add = [&](const training::TrainStep& step, const char* which, double time) {
    lines.push_back({step.name + " " + which, step.kind, step.kernel->implementation(), step.layout, time});
  };
  plan.forward(run);
  for (std::size_t i = 0; i < plan.steps().size(); ++i)
    add(plan.steps()[i], "forward",
        median_milliseconds(s.options.threads, repetitions, [&] { plan.forward_step(i, run); }));
  for (std::size_t i = plan.steps().size(); i-- > 0;)
    if (plan.steps()[i].runs_backward)
      add(plan.steps()[i], "backward",
          median_milliseconds(s.options.threads, repetitions, [&] { plan.backward_step(i, run); }));
  s.restore(kept);
  clear_gradients();
  s.last = nullptr;
  return lines;
}

std::size_t TrainingNetwork::memory_bytes() const { return state_->arena_bytes; }

}  // namespace actionflow
