#include "models/training/loss/loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>

#include "base/error.h"
#include "models/description/layers/layer.h"
#include "models/training/loss/logistic.h"

namespace actionflow {
namespace {

// One clip: its loss, what it counts in the mean, and Σ gradient before dividing by the mean's count, left in
// `gradient`.
struct ClipLoss {
  double loss = 0, count = 1;
};

using Row = std::span<const float>;

class CrossEntropy {
 public:
  CrossEntropy(const LossOptions& options, std::size_t classes)
      : smoothing_(options.label_smoothing), weights_(options.class_weights), gradient_(classes) {}

  ClipLoss add(Row logits, Row targets) {
    const double count = static_cast<double>(logits.size());
    double peak = logits[0];
    for (const float z : logits) peak = std::max(peak, double{z});
    double sum = 0;
    for (const float z : logits) sum += std::exp(z - peak);
    const double log_sum = peak + std::log(sum);
    ClipLoss result{.loss = 0, .count = weights_.empty() ? 1.0 : 0.0};
    double pull = 0;  // Σ_k w_k·q_k, smoothed
    for (std::size_t k = 0; k < logits.size(); ++k) {
      const double weight = weights_.empty() ? 1.0 : weights_[k];
      const double target = (1 - smoothing_) * targets[k] + smoothing_ / count;
      result.loss += weight * target * (log_sum - logits[k]);
      if (!weights_.empty()) result.count += weight * targets[k];
      pull += weight * target;
      gradient_[k] = -weight * target;
    }
    for (std::size_t k = 0; k < logits.size(); ++k) gradient_[k] += pull * std::exp(logits[k] - log_sum);
    return result;
  }
  const std::vector<double>& gradient() const { return gradient_; }

 private:
  double smoothing_;
  const std::vector<float>& weights_;
  std::vector<double> gradient_;
};

class SigmoidCrossEntropy {
 public:
  SigmoidCrossEntropy(const LossOptions& options, std::size_t outputs)
      : smoothing_(options.label_smoothing), weights_(options.class_weights), gradient_(outputs) {}

  ClipLoss add(Row logits, Row targets) {
    const double count = static_cast<double>(logits.size());
    const bool two_classes = logits.size() == 1 && !weights_.empty();
    ClipLoss result;
    for (std::size_t k = 0; k < logits.size(); ++k) {
      const double target = (1 - smoothing_) * targets[k] + smoothing_ / 2;
      const double yes = (two_classes ? weights_[1] : weight(k)) * target / count;
      const double no = (two_classes ? weights_[0] : weight(k)) * (1 - target) / count;
      const double cost_yes = softplus(-logits[k]), cost_no = softplus(logits[k]);
      result.loss += yes * cost_yes + no * cost_no;
      const double p = logistic(logits[k]);
      gradient_[k] = no * p - yes * (1 - p);
    }
    if (two_classes) result.count = weights_[1] * targets[0] + weights_[0] * (1.0 - targets[0]);
    return result;
  }
  const std::vector<double>& gradient() const { return gradient_; }

 private:
  double weight(std::size_t k) const { return weights_.empty() ? 1.0 : weights_[k]; }

  double smoothing_;
  const std::vector<float>& weights_;
  std::vector<double> gradient_;
};

template <class Loss>
LossResult mean_over_clips(Loss loss, const Tensor& logits, const Tensor& targets) {
  const auto clips = static_cast<std::size_t>(logits.dim(0)),
             outputs = static_cast<std::size_t>(logits.dim(1));
  LossResult result{.loss = 0, .gradient = Tensor(logits.shape())};
  std::vector<double> gradients;
  double count = 0;
  for (std::size_t n = 0; n < clips; ++n) {
    const ClipLoss clip = loss.add(logits.values().subspan(n * outputs, outputs),
                                   targets.values().subspan(n * outputs, outputs));
    result.loss += clip.loss;
    count += clip.count;
    gradients.insert(gradients.end(), loss.gradient().begin(), loss.gradient().end());
  }
  const double share = count == 0 ? 0 : 1 / count;
  result.loss *= share;
  std::transform(gradients.begin(), gradients.end(), result.gradient.data(),
                 [share](double value) { return static_cast<float>(value * share); });
  return result;
}

void check_arguments(const LossOptions& options, bool sigmoid, const Tensor& logits, const Tensor& targets) {
  if (logits.shape().size() != 2 || logits.empty() || logits.shape() != targets.shape()) {
    throw ModelError(fmt::format("the loss takes logits and targets of one shape N×K, not {} and {}",
                                 to_string(logits.shape()), to_string(targets.shape())));
  }
  const std::int64_t outputs = logits.dim(1);
  const auto expected = static_cast<std::size_t>(sigmoid && outputs == 1 ? 2 : outputs);
  if (!options.class_weights.empty() && options.class_weights.size() != expected) {
    throw ModelError(fmt::format("{} class weights for {} classes", options.class_weights.size(), expected));
  }
}

std::optional<ActivationKind> closing_activation(const Graph& graph) {
  const GraphNode& last = graph.nodes.at(static_cast<std::size_t>(graph.output));
  const auto* activation = std::get_if<Activation>(&last.operation);
  return activation ? std::optional(activation->kind) : std::nullopt;
}

template <class E>
std::string_view name_of(E kind) {
  for (const auto& [known, name] : config::EnumNames<E>::names) {
    if (known == kind) return name;
  }
  return {};
}

bool matches(LossKind kind, std::optional<ActivationKind> end, std::int64_t outputs) {
  if (kind == LossKind::cross_entropy) return outputs > 1 && (!end || end == ActivationKind::softmax);
  // Several plain outputs are a softmax's logits to everything that runs the network afterwards.
  return end == ActivationKind::sigmoid || (!end && outputs == 1);
}

std::string_view what_it_takes(LossKind kind) {
  if (kind == LossKind::actions) return "it takes a last layer action_scores";
  return kind == LossKind::sigmoid ? "it takes a sigmoid or one plain output"
                                   : "it takes a softmax or plain outputs, two or more";
}

LossKind kind_for(std::optional<ActivationKind> end, std::int64_t outputs) {
  const bool sigmoid = end == ActivationKind::sigmoid || (end != ActivationKind::softmax && outputs == 1);
  return sigmoid ? LossKind::sigmoid : LossKind::cross_entropy;
}

}  // namespace

void LossOptions::describe(config::Fields<LossOptions>& fields) {
  fields.add(
      "kind", &LossOptions::kind,
      "auto: actions for a network that ends in action_scores, sigmoid for one that ends in a sigmoid, else "
      "cross_entropy");
  fields.add("label_smoothing", &LossOptions::label_smoothing, "share of the target spread over all classes")
      .range(0, 1);
  fields.add("class_weights", &LossOptions::class_weights, "one a class, in the class list's order")
      .at_least(0);
  fields.add("elapsed", &LossOptions::elapsed, "of actions: weight of the seconds since an action began")
      .at_least(0);
}

namespace {

void check_class_weights(const LossOptions& options, std::size_t classes, const std::string& network) {
  if (options.class_weights.empty() || options.class_weights.size() == classes) return;
  throw ModelError(fmt::format("class_weights has {} entries for the {} classes of '{}'",
                               options.class_weights.size(), classes, network));
}

FittedLoss fit_stream_loss(const LossOptions& options, const Architecture& architecture) {
  if (options.kind != LossKind::automatic && options.kind != LossKind::actions)
    throw ModelError(
        fmt::format("the loss {} does not fit '{}', which ends in action_scores: that takes actions",
                    name_of(options.kind), architecture.name));
  check_class_weights(options, architecture.classes.size(), architecture.name);
  FittedLoss fitted{.options = options, .logits = architecture.graph.output};
  fitted.options.kind = LossKind::actions;
  return fitted;
}

}  // namespace

FittedLoss fit_loss(const LossOptions& options, const Architecture& architecture) {
  if (architecture.gives_action_scores()) return fit_stream_loss(options, architecture);
  const Graph& graph = architecture.graph;
  const Extents& result = graph.extents(graph.output);
  const std::optional<ActivationKind> end = closing_activation(graph);
  FittedLoss fitted{.options = options, .logits = graph.output};
  if (options.kind == LossKind::automatic) fitted.options.kind = kind_for(end, result.c);
  const LossKind kind = fitted.options.kind;
  const std::string ending = fmt::format("'{}', which ends in {} of {} output{}", architecture.name,
                                         end ? fmt::format("a {}", name_of(*end)) : "a plain layer", result.c,
                                         result.c == 1 ? "" : "s");
  if (result.positions() != 1) {
    throw ModelError(fmt::format("a loss takes one vector a clip, and '{}' gives {}", architecture.name,
                                 to_string(result)));
  }
  if (kind == LossKind::actions || !matches(kind, end, result.c)) {
    throw ModelError(
        fmt::format("the loss {} does not fit {}: {}", name_of(kind), ending, what_it_takes(kind)));
  }
  check_class_weights(options, static_cast<std::size_t>(result.c == 1 ? 2 : result.c), architecture.name);
  if (end) fitted.logits = graph.nodes[static_cast<std::size_t>(graph.output)].inputs.front();
  return fitted;
}

LossResult evaluate_loss(const LossOptions& options, const Tensor& logits, const Tensor& targets) {
  const bool one_output = logits.shape().size() == 2 && logits.dim(1) == 1;
  const bool sigmoid =
      options.kind == LossKind::sigmoid || (options.kind == LossKind::automatic && one_output);
  check_arguments(options, sigmoid, logits, targets);
  const auto outputs = static_cast<std::size_t>(logits.dim(1));
  if (sigmoid) return mean_over_clips(SigmoidCrossEntropy(options, outputs), logits, targets);
  return mean_over_clips(CrossEntropy(options, outputs), logits, targets);
}

}  // namespace actionflow
