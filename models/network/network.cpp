#include "models/network/network.h"

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "models/graph/advancing.h"
#include "models/graph/window_sharing.h"
#include "models/kernels/entry.h"
#include "models/kernels/openmp_threads.h"
#include "models/network/network_parts.h"
#include "models/network/scoring.h"
#include "models/plan/memory.h"
#include "models/plan/plan.h"

namespace actionflow {

struct Network::State {
  Architecture architecture;
  NetworkOptions options;
  std::vector<PartInfo> parts;
  std::vector<std::unique_ptr<const Plan>> plans;  // one a part
  kernels::Normalisation normalisation;

  void set_threads() const { actionflow::set_threads(options.threads); }
};

struct Workspace::State {
  struct Part {
    Memory memory;
    std::unique_ptr<PlanRun> run;
    Memory stream = {};  // the state that is carried along
    std::size_t stream_bytes = 0;
  };
  std::vector<Part> parts;

  const PlanRun& run(int part) const { return *parts.at(static_cast<std::size_t>(part)).run; }
};

namespace {

void check_advances(const Architecture& architecture, const NetworkOptions& options, Cut cut) {
  if (options.samples < 0 || options.batch != 1 || cut != Cut::none)
    throw std::invalid_argument("a network advances by at least one sample of one stream, uncut");
  if (architecture.streams) return;
  const std::string why = why_nothing_shared(architecture.graph, options.samples, options.sharing);
  if (!why.empty()) throw ModelError("the network '" + architecture.name + "' " + why);
}

// A network for streams has one form, in which it says of a whole sequence what it says piece by piece:
// unpadded and padded convolutions may be other kernels, with other rounding.
std::vector<KeptPart> running_form(const Architecture& architecture, const NetworkOptions& options, Cut cut) {
  const std::int64_t samples = options.samples;
  const Graph& graph = architecture.graph;
  if (architecture.streams)
    return parts_of(advancing(graph, samples == 0 ? graph.input.t : samples), cut, architecture.name);
  if (samples == 0) return parts_of(graph, cut, architecture.name);
  return {advancing_part(graph, samples, options.sharing, architecture.name)};
}

// What int8 is run with; null for another precision.
const Quantization* quantization_of(const Architecture& architecture, const Weights& weights,
                                    Precision precision) {
  if (precision != Precision::int8) return nullptr;
  if (!weights.quantization)
    throw ModelError("the network '" + architecture.name +
                     "' cannot run in int8: its weights hold no ranges of values; make them with `actionflow "
                     "quantize MODEL.yaml --weights FILE --data RECIPE.yaml --output OUT.safetensors`");
  return &*weights.quantization;
}

}  // namespace

Network::Network(std::unique_ptr<State> state) : state_(std::move(state)) {}
Network::~Network() = default;

std::shared_ptr<const Network> Network::compile(Architecture architecture, const Weights& weights,
                                                const NetworkOptions& options, Cut cut) {
  const kernels::ElementType type = element_type(architecture.name, options.precision);
  if (options.batch < 1 || options.threads < 1)
    throw UsageError(architecture.name + ": batch and threads must be at least 1");
  auto state = std::make_unique<State>();
  state->architecture = std::move(architecture);
  state->options = options;
  state->options.threads = available_threads(options.threads);
  state->set_threads();
  const Architecture& own = state->architecture;
  state->normalisation = kernels::normalisation_of(own.input, own.graph.input.c);
  if (options.samples != 0) check_advances(own, options, cut);
  const Quantization* const quantization = quantization_of(own, weights, options.precision);
  const std::vector<KeptPart> parts = running_form(own, options, cut);
  for (const KeptPart& kept : parts) {
    const GraphPart& part = kept.part;
    state->parts.push_back({part.name, part.inputs, part.per_sample, part.time_stride, part.time_extent});
    state->plans.push_back(
        Plan::build({.graph = part.graph,
                     .weights = weights,
                     .network = own.name,
                     .batch = options.batch,
                     .type = type,
                     .keep = options.observer ? std::vector<bool>(part.graph.nodes.size(), true) : kept.keep,
                     .quantization = quantization,
                     .inputs = input_ranges(parts, part),
                     .chooser = options.kernels.get()}));
  }
  state->options.kernels.reset();
  return std::shared_ptr<const Network>(new Network(std::move(state)));
}

const Architecture& Network::architecture() const { return state_->architecture; }
const std::vector<PartInfo>& Network::parts() const { return state_->parts; }
std::int64_t Network::samples() const { return state_->options.samples; }

namespace {

void check_shape(const Tensor& input, const PlanValue& value, const std::string& network) {
  const Shape expected = kernels::plain_shape(value.layout);
  if (input.shape() != expected)
    throw ModelError(network + ": the input is " + to_string(input.shape()) + ", expected " +
                     to_string(expected) + " (clips × channels × frames × height × width)");
}

Tensor plain(const PlanValue& value, const PlanRun& run) {
  Tensor result(kernels::plain_shape(value.layout));
  kernels::to_plain(run.at(value), value.layout, result.data());
  return result;
}

}  // namespace

Tensor Network::finish(int part, const PlanRun& run) const {
  const Plan& plan = *state_->plans[static_cast<std::size_t>(part)];
  if (const ValueObserver& observer = state_->options.observer) {
    const std::vector<int>& inputs = state_->parts[static_cast<std::size_t>(part)].inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i] < 0) observer(kInputRange, plain(plan.inputs()[i], run));
    for (std::size_t i = 0; i < plan.steps().size(); ++i) {
      run.run_step(i);
      observer(plan.steps()[i].name, plain(plan.steps()[i].output, run));
    }
  } else {
    run.run();
  }
  return plain(plan.output(), run);
}

Activations Network::run_part(int part, std::span<const Activations* const> inputs,
                              Workspace& workspace) const {
  state_->set_threads();
  const Plan& plan = *state_->plans.at(static_cast<std::size_t>(part));
  const PlanRun& run = workspace.state_->run(part);
  if (inputs.size() != plan.inputs().size())
    throw std::invalid_argument("a part of " + std::to_string(plan.inputs().size()) + " inputs was given " +
                                std::to_string(inputs.size()));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const PlanValue& value = plan.inputs()[i];
    check_shape(*inputs[i], value, state_->architecture.name);
    kernels::from_plain(inputs[i]->data(), value.layout, run.at(value));
  }
  return finish(part, run);
}

const PlanRun& Network::enter(int part, std::span<const std::uint8_t* const> frames,
                              Workspace& workspace) const {
  state_->set_threads();
  const PlanRun& run = workspace.state_->run(part);
  const PlanValue& value = state_->plans.at(static_cast<std::size_t>(part))->inputs().at(0);
  const auto expected = static_cast<std::size_t>(value.layout.batch * value.layout.extents.t);
  if (frames.size() != expected)
    throw std::invalid_argument("a clip of " + std::to_string(expected) + " frames was given " +
                                std::to_string(frames.size()));
  kernels::normalise_frames(frames, state_->normalisation, value.layout, run.at(value));
  return run;
}

Activations Network::run_first(int part, std::span<const std::uint8_t* const> frames,
                               Workspace& workspace) const {
  return finish(part, enter(part, frames, workspace));
}

void Network::take_in(std::span<const std::uint8_t* const> frames, Workspace& workspace) const {
  if (state_->options.samples == 0)
    throw std::invalid_argument(state_->architecture.name + " was compiled for whole clips");
  enter(0, frames, workspace).run_state();
}

namespace {

// Runs the parts in order; `first` runs one that reads the clip alone, `clip` gives the clip as a tensor
// to one that reads other parts' results too.
template <class First, class Clip>
Activations run_all(const Network& network, Workspace& workspace, First first, Clip clip) {
  std::vector<Activations> results;
  results.reserve(network.parts().size());
  for (const PartInfo& part : network.parts()) {
    const int index = static_cast<int>(results.size());
    if (part.inputs == std::vector<int>{-1}) {
      results.push_back(first(index));
      continue;
    }
    std::vector<const Activations*> inputs;
    for (const int input : part.inputs)
      inputs.push_back(input < 0 ? clip() : &results[static_cast<std::size_t>(input)]);
    results.push_back(network.run_part(index, inputs, workspace));
  }
  return std::move(results.back());
}

}  // namespace

Tensor Network::predict(const Tensor& input, Workspace& workspace) const {
  const Activations* const clip = &input;
  return run_all(
      *this, workspace,
      [&](int part) {
        return run_part(part, {&clip, 1}, workspace);
      },
      [&] { return clip; });
}

Activations Network::run(std::span<const std::uint8_t* const> frames, Workspace& workspace) const {
  Activations clip;
  return run_all(
      *this, workspace, [&](int part) { return run_first(part, frames, workspace); },
      [&] {
        if (clip.empty()) clip = plain_clip(frames);
        return &clip;
      });
}

std::vector<float> Network::classify(std::span<const std::uint8_t* const> frames,
                                     Workspace& workspace) const {
  return probabilities(run(frames, workspace));
}

std::vector<ActionScores> Network::advance(std::span<const std::uint8_t* const> frames,
                                           Workspace& workspace) const {
  if (state_->options.samples == 0)
    throw std::invalid_argument(state_->architecture.name + " was compiled for whole sequences");
  return action_scores(run(frames, workspace));
}

Tensor Network::plain_clip(std::span<const std::uint8_t* const> frames) const {
  const Extents& extents = state_->architecture.graph.input;
  const kernels::Layout layout{state_->options.batch, extents, extents.c};
  Tensor last({layout.elements()}), plain(kernels::plain_shape(layout));
  kernels::normalise_frames(frames, state_->normalisation, layout, last.data());
  kernels::to_plain(last.data(), layout, plain.data());
  return plain;
}

std::vector<float> Network::probabilities(const Activations& result) const {
  return probabilities_of(state_->architecture, result);
}

std::vector<ActionScores> Network::action_scores(const Activations& result) const {
  return action_scores_of(state_->architecture, result);
}

std::vector<PlanStep> Network::measure_plan(int repetitions) const {
  state_->set_threads();
  Workspace workspace(*this);
  std::vector<PlanStep> lines;
  const auto measure = [&](const std::function<void()>& body) {
    return median_milliseconds(state_->options.threads, repetitions, body);
  };
  for (std::size_t part = 0; part < state_->plans.size(); ++part) {
    const Plan& plan = *state_->plans[part];
    const PlanRun& run = workspace.state_->run(static_cast<int>(part));
    for (const PlanValue& value : plan.inputs()) {
      const Tensor zeros(kernels::plain_shape(value.layout));
      const double time = measure([&] { kernels::from_plain(zeros.data(), value.layout, run.at(value)); });
      lines.push_back({"input", "entry", "own:entry", "ncdhw f32 -> " + to_string(value.layout), time, {}});
    }
    for (std::size_t i = 0; i < plan.steps().size(); ++i) {
      const CompiledStep& step = plan.steps()[i];
      const double time = measure([&] { run.run_step(i); });
      lines.push_back(
          {step.name, step.kind, step.kernel->implementation(), step.layout, time, step.candidates});
    }
  }
  return lines;
}

std::size_t Network::weight_bytes() const {
  std::size_t total = 0;
  for (const auto& plan : state_->plans) total += plan->weight_bytes();
  return total;
}

std::size_t Network::workspace_bytes() const {
  std::size_t total = stream_bytes();
  for (const auto& plan : state_->plans) total += plan->arena_bytes();
  return total;
}

std::size_t Network::stream_bytes() const {
  std::size_t total = 0;
  if (state_->options.samples == 0) return total;
  for (const auto& plan : state_->plans) total += plan->state_bytes();
  return total;
}

Workspace::Workspace(const Network& network) : state_(std::make_unique<State>()) {
  const std::string& name = network.architecture().name;
  for (const auto& plan : network.state_->plans) {
    State::Part part{allocate(plan->arena_bytes(), name), nullptr};
    if (network.state_->options.samples != 0) {
      part.stream_bytes = plan->state_bytes();
      part.stream = allocate(part.stream_bytes, name);
    }
    part.run = std::make_unique<PlanRun>(*plan, part.memory.get(), part.stream.get());
    state_->parts.push_back(std::move(part));
  }
}

void Workspace::reset() {
  for (State::Part& part : state_->parts) std::fill_n(part.stream.get(), part.stream_bytes, std::byte{0});
}

Workspace::~Workspace() = default;
Workspace::Workspace(Workspace&&) noexcept = default;

}  // namespace actionflow
