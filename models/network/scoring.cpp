#include "models/network/scoring.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "base/error.h"

namespace actionflow {
namespace {

// What makes a value probabilities already: sigmoid, softmax, or nothing. Means of probabilities are
// probabilities, and so is what only moves them.
std::optional<ActivationKind> closing_activation(const Graph& graph, int value) {
  if (value < 0) return {};
  const GraphNode& node = graph.nodes[static_cast<std::size_t>(value)];
  const auto of_input = [&](std::size_t i) { return closing_activation(graph, node.inputs[i]); };
  if (const auto* activation = std::get_if<Activation>(&node.operation)) {
    const bool clipped =
        activation->kind == ActivationKind::clip && activation->low >= 0 && activation->high <= 1;
    if (clipped || activation->kind == ActivationKind::hard_sigmoid) return ActivationKind::sigmoid;
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
      std::holds_alternative<Slice>(node.operation) || std::holds_alternative<SelectFrames>(node.operation))
    return of_input(0);
  return {};
}

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

void check_finite(const Architecture& architecture, const Tensor& result) {
  const auto values = result.values();
  if (!std::all_of(values.begin(), values.end(), [](float score) { return std::isfinite(score); }))
    throw ModelError(architecture.name + ": a score is not finite");
}

// Of each clip the first `channels`.
std::vector<float> first_channels(const Tensor& result, std::int64_t channels) {
  const std::int64_t clip = result.size() / result.dim(0), kept = clip / result.dim(1) * channels;
  std::vector<float> values;
  for (std::int64_t n = 0; n < result.dim(0); ++n)
    values.insert(values.end(), result.data() + n * clip, result.data() + n * clip + kept);
  return values;
}

}  // namespace

std::vector<float> probabilities_of(const Architecture& architecture, const Tensor& result) {
  check_finite(architecture, result);
  if (result.empty()) return {};
  const Graph& graph = architecture.graph;
  const std::optional<ActivationKind> closing = closing_activation(graph, graph.output);
  const bool sigmoid = closing == ActivationKind::sigmoid;
  const std::int64_t clips = result.dim(0);
  const std::int64_t channels = result.dim(1) - (architecture.gives_action_scores() ? kActionOutputs : 0);
  const std::int64_t positions = result.size() / (clips * result.dim(1));
  std::vector<float> scores = first_channels(result, channels);
  if (channels == 1 && architecture.classes.size() == 2) return of_two_classes(scores, positions, sigmoid);
  if (closing) return scores;
  for (std::int64_t n = 0; n < clips; ++n) {
    for (std::int64_t p = 0; p < positions; ++p)
      softmax(scores.data() + n * channels * positions + p, channels, positions);
  }
  return scores;
}

std::vector<ActionScores> action_scores_of(const Architecture& architecture, const Tensor& result) {
  const std::vector<float> which = probabilities_of(architecture, result);
  const auto classes = static_cast<std::int64_t>(architecture.classes.size());
  const std::int64_t clips = result.dim(0), samples = result.size() / (clips * result.dim(1));
  std::vector<ActionScores> all;
  for (std::int64_t n = 0; n < clips; ++n) {
    const float* const beside = result.data() + (n * result.dim(1) + classes) * samples;
    for (std::int64_t t = 0; t < samples; ++t) {
      ActionScores scores;
      for (std::int64_t c = 0; c < classes; ++c)
        scores.which.push_back(which[static_cast<std::size_t>((n * classes + c) * samples + t)]);
      scores.action = static_cast<float>(1.0 / (1.0 + std::exp(-double{beside[t]})));
      scores.elapsed = std::max(beside[samples + t], 0.0F);
      all.push_back(std::move(scores));
    }
  }
  return all;
}

}  // namespace actionflow
