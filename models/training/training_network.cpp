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
#include "models/training/part_runs.h"
#include "models/training/plan/train_plan.h"
#include "models/training/stream_loss.h"

namespace actionflow {

using training::BatchParts;
using training::PartRun;
using training::PartRuns;
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

  training::Ranks alone;
  training::Ranks* ranks = &alone;
  std::map<std::int64_t, std::unique_ptr<const TrainPlan>> plans;  // by clips
  std::vector<Memory> arenas;                                      // by own part
  std::size_t arena_bytes = 0;
  const TrainPlan* last = nullptr;  // the last batch's
  training::StepKey last_key;

  // Of batches in parts: where each parameter's gradient stands in a part's row of them, how many floats have
  // their last value after a step, by step, and the rows.
  std::vector<std::size_t> places;
  std::vector<std::int64_t> complete_after;
  std::vector<Memory> rows;
  std::optional<training::GradientExchange> exchange;

  void find_parameters();
  bool is_frozen(const std::string& name) const;
  float rate_of(const std::string& name) const;
  void refresh_trained();
  bool in_parts() const { return options.micro_batch > 0; }
  std::int64_t clips_a_part() const { return in_parts() ? options.micro_batch : options.batch; }
  BatchParts divide(std::int64_t clips) const {
    return {clips, in_parts() ? options.micro_batch : clips, ranks->count()};
  }
  const TrainPlan& plan(std::int64_t clips);
  void allocate_arenas(std::size_t bytes);
  void check_step_memory(std::size_t bytes) const;
  void make_rows();
  TrainRun run();
  PartRuns runs(std::int64_t clips, training::StepKey key);
  Tensor gather_output(const PartRuns& runs, std::int64_t clips);
  template <class Target>
  void share_rows(const BatchParts& parts, std::span<Target> values);
  void backward(PartRuns& runs);
  void add_gradients(std::span<const float> row);
  // `loss_of` takes the logits, N×K or, of several samples, N×K×T.
  template <class Loss>
  BatchResult step(PartRuns runs, const Loss& loss_of, float share);
  BatchResult step(PartRuns runs, const Tensor& targets, float share);
  PartRuns enter(std::span<const std::uint8_t* const> frames, const Mixing* mixing, training::StepKey key);
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

void TrainingNetwork::State::check_step_memory(std::size_t bytes) const {
  const std::size_t a_clip = bytes / static_cast<std::size_t>(std::min(clips_a_part(), options.batch));
  check_memory(
      architecture.name + ": a training step on " + std::to_string(options.batch) +
          " clips, and what stands beside it, need",
      bytes * arenas.size() + options.bytes_beside + a_clip * static_cast<std::size_t>(options.clips_beside));
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

// Of the first own part.
TrainRun TrainingNetwork::State::run() {
  TrainRun run;
  run.arena = arenas.front().get();
  run.key = last_key;
  for (const training::ParameterUse& use : parameters) {
    run.parameters.push_back(weights.tensors.at(use.name).data());
    run.gradients.push_back(use.trained ? gradients.at(use.name).data() : nullptr);
  }
  return run;
}

PartRuns TrainingNetwork::State::runs(std::int64_t clips, training::StepKey key) {
  last_key = key;
  const BatchParts parts = divide(clips);
  const TrainPlan& pattern = plan(parts.clips_of(0));
  plan(parts.clips_of(parts.count() - 1));  // before arenas are handed out
  if (is_divided(parts) && !exchange) make_rows();
  last = &pattern;
  const TrainRun whole = run();
  std::vector<PartRun> own;
  const int rank = ranks->rank();
  for (int part = parts.begin(rank); part < parts.begin(rank + 1); ++part) {
    const std::size_t i = own.size();
    PartRun& one = own.emplace_back(PartRun{&plan(parts.clips_of(part)), whole});
    one.run.arena = arenas[i].get();
    one.run.key.first_clip = parts.first_clip(part);
    if (!is_divided(parts)) continue;
    for (std::size_t p = 0; p < parameters.size(); ++p)
      if (parameters[p].trained) one.run.gradients[p] = reinterpret_cast<float*>(rows[i].get()) + places[p];
  }
  set_threads(in_parts() && !is_divided(parts) ? 1 : options.threads);
  return {*ranks, parts, pattern, whole.parameters, std::move(own), options.threads};
}

// Each rank has the rows of its own clips.
template <class Value>
void TrainingNetwork::State::share_rows(const BatchParts& parts, std::span<Value> values) {
  const std::size_t a_clip = values.size_bytes() / static_cast<std::size_t>(parts.clips());
  std::vector<std::size_t> sizes;
  for (int rank = 0; rank < parts.ranks(); ++rank)
    sizes.push_back(static_cast<std::size_t>(parts.clips_of_rank(rank)) * a_clip);
  ranks->share(std::as_writable_bytes(values), sizes);
}

// N×K or, of several samples, N×K×T, of all ranks.
Tensor TrainingNetwork::State::gather_output(const PartRuns& runs, std::int64_t clips) {
  const Extents& extents = runs.pattern().output().layout.extents;
  Shape shape{clips, extents.c};
  if (loss.options.kind == LossKind::actions) shape.push_back(extents.t);
  Tensor plain(shape);
  int part = runs.parts().begin(ranks->rank());
  for (const PartRun& one : runs.own()) {
    const std::int64_t at = runs.parts().first_clip(part++) * (plain.size() / clips);
    const PlanValue& output = one.plan->output();
    kernels::to_plain(one.run.arena + output.offset, output.layout, plain.data() + at);
  }
  share_rows(runs.parts(), plain.values());
  return plain;
}

void TrainingNetwork::State::add_gradients(std::span<const float> row) {
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    if (!parameters[p].trained || places[p] == training::TrainStep::kNowhere) continue;
    Tensor& gradient = gradients.at(parameters[p].name);
    const float* from = row.data() + places[p];
    std::transform(from, from + gradient.size(), gradient.data(), gradient.data(), std::plus<>());
  }
}

void TrainingNetwork::State::backward(PartRuns& runs) {
  if (!is_divided(runs.parts())) {
    runs.backward([](std::size_t) {});
    return;
  }
  std::vector<const float*> own;
  for (std::size_t i = 0; i < runs.own().size(); ++i) {
    auto* row = reinterpret_cast<float*>(rows[i].get());
    std::fill_n(row, complete_after.front(), 0.0F);
    own.push_back(row);
  }
  exchange->begin(runs.parts(), std::move(own));
  runs.backward([&](std::size_t step) { exchange->complete(complete_after[step]); });
  add_gradients(exchange->finish());
}

template <class Loss>
BatchResult TrainingNetwork::State::step(PartRuns runs, const Loss& loss_of, float share) {
  runs.forward();
  Tensor plain = gather_output(runs, runs.parts().clips());
  LossResult result = loss_of(plain);
  if (!runs.pattern().has_backward()) return {result.loss, std::move(plain)};
  for (float& g : result.gradient.values()) g *= share;
  int part = runs.parts().begin(ranks->rank());
  for (const PartRun& one : runs.own()) {
    const std::int64_t at = runs.parts().first_clip(part++) * (plain.size() / runs.parts().clips());
    const PlanValue& to = one.plan->output_gradient();
    kernels::from_plain(result.gradient.data() + at, one.plan->output().layout, one.run.arena + to.offset);
  }
  backward(runs);
  return {result.loss, std::move(plain)};
}

BatchResult TrainingNetwork::State::step(PartRuns runs, const Tensor& targets, float share) {
  Tensor all;
  if (ranks->count() > 1) {
    all = targets;
    share_rows(runs.parts(), all.values());
  }
  const Tensor& whole = ranks->count() > 1 ? all : targets;
  return step(
      std::move(runs), [&](const Tensor& logits) { return evaluate_loss(loss.options, logits, whole); },
      share);
}

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

// A batch's frames into the arenas of the parts that are computed here.
PartRuns TrainingNetwork::State::enter(std::span<const std::uint8_t* const> frames, const Mixing* mixing,
                                       training::StepKey key) {
  const std::int64_t in_clip = graph.input.t, count = static_cast<std::int64_t>(frames.size());
  if (count == 0 || count % in_clip != 0 || count / in_clip > options.batch)
    throw std::invalid_argument(std::to_string(count) + " frames are no whole batch of clips of " +
                                std::to_string(in_clip));
  set_threads(options.threads);
  PartRuns entered = runs(count / in_clip, key);
  int part = entered.parts().begin(ranks->rank());
  for (const PartRun& one : entered.own()) {
    const kernels::Layout& layout = one.plan->input().layout;
    std::byte* to = one.run.arena + one.plan->input().offset;
    const std::int64_t first = entered.parts().first_clip(part++);
    const auto own = frames.subspan(static_cast<std::size_t>(first * in_clip),
                                    static_cast<std::size_t>(layout.batch * in_clip));
    if (mixing == nullptr)
      kernels::normalise_frames(own, normalisation, layout, to);
    else
      normalise_mixed(frames, normalisation, *mixing, first, layout, to);
  }
  return entered;
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

BatchResult TrainingNetwork::accumulate(std::span<const std::uint8_t* const> frames, const Tensor& targets,
                                        training::StepKey key, const std::optional<Mixing>& mixing,
                                        float share) {
  return state_->step(state_->enter(frames, mixing ? &*mixing : nullptr, key), targets, share);
}

BatchResult TrainingNetwork::accumulate(std::span<const std::uint8_t* const> frames,
                                        std::span<const SampleTarget> targets, training::StepKey key,
                                        float share) {
  PartRuns runs = state_->enter(frames, nullptr, key);
  std::vector<SampleTarget> all(targets.begin(), targets.end());
  state_->share_rows(runs.parts(), std::span(all));
  const auto loss_of = [&](const Tensor& values) {
    return evaluate_stream_loss(state_->loss.options, values, all);
  };
  return state_->step(std::move(runs), loss_of, share);
}

void TrainingNetwork::observe(std::span<const std::uint8_t* const> frames, training::StepKey key,
                              const std::optional<Mixing>& mixing) {
  state_->enter(frames, mixing ? &*mixing : nullptr, key).forward();
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

BatchResult TrainingNetwork::accumulate(const Tensor& input, const Tensor& targets, training::StepKey key,
                                        float share) {
  const Extents& e = state_->graph.input;
  const std::int64_t clips = input.shape().empty() ? 0 : input.dim(0);
  if (clips < 1 || clips > batch() || input.shape() != Shape{clips, e.c, e.t, e.h, e.w})
    throw ModelError(state_->architecture.name + ": the input is " + to_string(input.shape()) +
                     ", expected " + to_string(Shape{batch(), e.c, e.t, e.h, e.w}) +
                     " (clips × channels × frames × height × width)");
  set_threads(state_->options.threads);
  PartRuns runs = state_->runs(clips, key);
  int part = runs.parts().begin(state_->ranks->rank());
  for (const PartRun& one : runs.own()) {
    const std::int64_t at = runs.parts().first_clip(part++) * (input.size() / clips);
    const PlanValue& to = one.plan->input();
    kernels::from_plain(input.data() + at, to.layout, one.run.arena + to.offset);
  }
  return state_->step(std::move(runs), targets, share);
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
