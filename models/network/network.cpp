#include "models/network/network.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "models/kernels/entry.h"
#include "models/kernels/openmp_threads.h"
#include "models/network/network_parts.h"
#include "models/plan/memory.h"
#include "models/plan/plan.h"

namespace actionflow {
namespace {

// What makes a value probabilities already: sigmoid, softmax, or nothing. Means of probabilities are
// probabilities, and so is what only moves them.
std::optional<ActivationKind> closing_activation(const Graph& graph, int value) {
  if (value < 0) return {};
  const GraphNode& node = graph.nodes[static_cast<std::size_t>(value)];
  const auto of_input = [&](std::size_t i) { return closing_activation(graph, node.inputs[i]); };
  if (const auto* activation = std::get_if<Activation>(&node.operation)) {
    if (activation->kind == ActivationKind::hard_sigmoid) return ActivationKind::sigmoid;
    const bool closes =
        activation->kind == ActivationKind::sigmoid || activation->kind == ActivationKind::softmax;
    return closes ? std::optional(activation->kind) : std::nullopt;
  }
  if (const auto* reduction = std::get_if<Reduction>(&node.operation))
    return reduction->kind == Reduction::Kind::mean ? of_input(0) : std::nullopt;
  if (const auto* join = std::get_if<Elementwise>(&node.operation)) {
    const bool mean = join->kind == Elementwise::Kind::add &&
                      std::abs(join->scale * static_cast<float>(node.inputs.size()) - 1) < 1e-6F;
    if (!mean) return {};
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      if (of_input(i) != of_input(0)) return {};
    }
    return of_input(0);
  }
  const bool moves =
      std::holds_alternative<Reshape>(node.operation) && graph.extents(node.inputs[0]).c == node.extents.c;
  if (moves || std::holds_alternative<Dropout>(node.operation) ||
      std::holds_alternative<SelectFrame>(node.operation))
    return of_input(0);
  return {};
}

}  // namespace

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
  };
  std::vector<Part> parts;

  const PlanRun& run(int part) const { return *parts.at(static_cast<std::size_t>(part)).run; }
};

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
  for (const KeptPart& kept : parts_of(own.graph, cut, own.name)) {
    const GraphPart& part = kept.part;
    state->parts.push_back({part.name, part.inputs, part.per_sample, part.time_stride, part.time_extent});
    state->plans.push_back(Plan::build({kept.part.graph, weights, own.name, options.batch, type, kept.keep}));
  }
  return std::shared_ptr<const Network>(new Network(std::move(state)));
}

const Architecture& Network::architecture() const { return state_->architecture; }
const std::vector<PartInfo>& Network::parts() const { return state_->parts; }

namespace {

void check_shape(const Tensor& input, const PlanValue& value, const std::string& network) {
  const Shape expected = kernels::plain_shape(value.layout);
  if (input.shape() != expected)
    throw ModelError(network + ": the input is " + to_string(input.shape()) + ", expected " +
                     to_string(expected) + " (clips × channels × frames × height × width)");
}

Tensor read_output(const Plan& plan, const PlanRun& run) {
  Tensor result(kernels::plain_shape(plan.output().layout));
  kernels::to_plain(run.at(plan.output()), plan.output().layout, result.data());
  return result;
}

}  // namespace

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
  run.run();
  return read_output(plan, run);
}

Activations Network::run_first(int part, std::span<const std::uint8_t* const> frames,
                               Workspace& workspace) const {
  state_->set_threads();
  const Plan& plan = *state_->plans.at(static_cast<std::size_t>(part));
  const PlanRun& run = workspace.state_->run(part);
  const PlanValue& value = plan.inputs().at(0);
  const auto expected = static_cast<std::size_t>(value.layout.batch * value.layout.extents.t);
  if (frames.size() != expected)
    throw std::invalid_argument("a clip of " + std::to_string(expected) + " frames was given " +
                                std::to_string(frames.size()));
  kernels::normalise_frames(frames, state_->normalisation, value.layout, run.at(value));
  run.run();
  return read_output(plan, run);
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

std::vector<float> Network::classify(std::span<const std::uint8_t* const> frames,
                                     Workspace& workspace) const {
  Activations clip;
  return probabilities(run_all(
      *this, workspace, [&](int part) { return run_first(part, frames, workspace); },
      [&] {
        if (clip.empty()) clip = plain_clip(frames);
        return &clip;
      }));
}

Tensor Network::plain_clip(std::span<const std::uint8_t* const> frames) const {
  const Extents& extents = state_->architecture.graph.input;
  const kernels::Layout layout{state_->options.batch, extents, extents.c};
  Tensor last({layout.elements()}), plain(kernels::plain_shape(layout));
  kernels::normalise_frames(frames, state_->normalisation, layout, last.data());
  kernels::to_plain(last.data(), layout, plain.data());
  return plain;
}

namespace {

// Channels of one position stand `stride` apart.
void softmax(float* scores, std::int64_t channels, std::int64_t stride) {
  float peak = scores[0];
  for (std::int64_t c = 1; c < channels; ++c) peak = std::max(peak, scores[c * stride]);
  double sum = 0;
  for (std::int64_t c = 0; c < channels; ++c) {
    float& score = scores[c * stride];
    sum += score = std::exp(score - peak);
  }
  for (std::int64_t c = 0; c < channels; ++c)
    scores[c * stride] = static_cast<float>(scores[c * stride] / sum);
}

// One output for two classes: of each clip, 1−p at every position, then p.
std::vector<float> of_two_classes(std::span<const float> values, std::int64_t positions, bool sigmoid) {
  std::vector<float> scores;
  scores.reserve(2 * values.size());
  const auto probability = [sigmoid](float value) {
    return sigmoid ? double{value} : 1.0 / (1.0 + std::exp(-double{value}));
  };
  for (; !values.empty(); values = values.subspan(static_cast<std::size_t>(positions))) {
    const auto clip = values.first(static_cast<std::size_t>(positions));
    for (const float value : clip) scores.push_back(static_cast<float>(1.0 - probability(value)));
    for (const float value : clip) scores.push_back(static_cast<float>(probability(value)));
  }
  return scores;
}

}  // namespace

std::vector<float> Network::probabilities(const Activations& result) const {
  const Graph& graph = state_->architecture.graph;
  std::vector<float> scores(result.values().begin(), result.values().end());
  const std::optional<ActivationKind> closing = closing_activation(graph, graph.output);
  const bool sigmoid = closing == ActivationKind::sigmoid;
  if (!std::all_of(scores.begin(), scores.end(), [](float score) { return std::isfinite(score); }))
    throw ModelError(state_->architecture.name + ": a score is not finite");
  const std::int64_t clips = result.dim(0), channels = result.dim(1);
  if (scores.empty()) return scores;
  const std::int64_t positions = result.size() / (clips * channels);
  if (channels == 1 && classes().size() == 2) return of_two_classes(scores, positions, sigmoid);
  if (closing) return scores;
  for (std::int64_t n = 0; n < clips; ++n) {
    for (std::int64_t p = 0; p < positions; ++p)
      softmax(scores.data() + n * channels * positions + p, channels, positions);
  }
  return scores;
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
  std::size_t total = 0;
  for (const auto& plan : state_->plans) total += plan->arena_bytes();
  return total;
}

Workspace::Workspace(const Network& network) : state_(std::make_unique<State>()) {
  for (const auto& plan : network.state_->plans) {
    State::Part part{allocate(plan->arena_bytes(), network.architecture().name), nullptr};
    part.run = std::make_unique<PlanRun>(*plan, part.memory.get());
    state_->parts.push_back(std::move(part));
  }
}
Workspace::~Workspace() = default;
Workspace::Workspace(Workspace&&) noexcept = default;

}  // namespace actionflow
