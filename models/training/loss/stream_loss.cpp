#include "models/training/loss/stream_loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "models/network/action_scores.h"
#include "models/training/loss/logistic.h"

namespace actionflow {
namespace {

// A weighted mean whose gradient is known once all of its terms are.
struct Term {
  double sum = 0, weight = 0;

  void add(double loss, double its_weight) {
    sum += its_weight * loss;
    weight += its_weight;
  }
  double share() const { return weight > 0 ? 1 / weight : 0; }
  double mean() const { return sum * share(); }
};

class StreamLoss {
 public:
  StreamLoss(const LossOptions& options, const Tensor& values, std::span<const SampleTarget> targets)
      : options_(options),
        values_(values),
        targets_(targets),
        classes_(values.dim(1) - kActionOutputs),
        samples_(values.dim(2)),
        gradient_(static_cast<std::size_t>(values.size())) {}

  LossResult run() {
    for (std::int64_t n = 0; n < values_.dim(0); ++n)
      for (std::int64_t t = 0; t < samples_; ++t) add(n, t);
    LossResult result;
    result.loss = which_.mean() + whether_.mean() + options_.elapsed * elapsed_.mean();
    result.gradient = Tensor(values_.shape());
    const std::int64_t outputs = classes_ + kActionOutputs;
    for (std::int64_t i = 0; i < values_.size(); ++i)
      result.gradient.data()[i] =
          static_cast<float>(gradient_[static_cast<std::size_t>(i)] * share(i / samples_ % outputs));
    return result;
  }

 private:
  double share(std::int64_t output) const {
    if (output < classes_) return which_.share();
    return output == classes_ ? whether_.share() : options_.elapsed * elapsed_.share();
  }

  std::size_t at(std::int64_t n, std::int64_t output, std::int64_t t) const {
    return static_cast<std::size_t>((n * (classes_ + kActionOutputs) + output) * samples_ + t);
  }
  double value(std::int64_t n, std::int64_t output, std::int64_t t) const {
    return values_.data()[at(n, output, t)];
  }

  void add(std::int64_t n, std::int64_t t) {
    const SampleTarget& target = targets_[static_cast<std::size_t>(n * samples_ + t)];
    if (target.label_weight > 0) add_which(target, n, t);
    if (target.action_weight > 0) add_whether(target, n, t);
    if (target.elapsed_weight > 0) add_elapsed(target, n, t);
  }

  void add_which(const SampleTarget& target, std::int64_t n, std::int64_t t) {
    if (target.label < kSureOfNone || target.label >= classes_)
      throw ModelError(
          fmt::format("a sample's label is {}, expected one of {} classes", target.label, classes_));
    const bool weighed = target.label >= 0 && !options_.class_weights.empty();
    const double own = weighed ? options_.class_weights[static_cast<std::size_t>(target.label)] : 1.0;
    const double weight = target.label_weight * own;
    const double smoothing = target.label == kSureOfNone ? 1.0 : options_.label_smoothing;
    double peak = value(n, 0, t);
    for (std::int64_t k = 1; k < classes_; ++k) peak = std::max(peak, value(n, k, t));
    double sum = 0;
    for (std::int64_t k = 0; k < classes_; ++k) sum += std::exp(value(n, k, t) - peak);
    const double log_sum = peak + std::log(sum);
    double loss = 0;
    for (std::int64_t k = 0; k < classes_; ++k) {
      const double wanted =
          (k == target.label ? 1.0 - smoothing : 0.0) + smoothing / static_cast<double>(classes_);
      const double log_probability = value(n, k, t) - log_sum;
      loss -= wanted * log_probability;
      gradient_[at(n, k, t)] = weight * (std::exp(log_probability) - wanted);
    }
    which_.add(loss, weight);
  }

  void add_whether(const SampleTarget& target, std::int64_t n, std::int64_t t) {
    const double z = value(n, classes_, t);
    const double wanted = (1.0 - options_.label_smoothing) * target.action + options_.label_smoothing / 2;
    whether_.add(wanted * softplus(-z) + (1 - wanted) * softplus(z), target.action_weight);
    gradient_[at(n, classes_, t)] = target.action_weight * (logistic(z) - wanted);
  }

  void add_elapsed(const SampleTarget& target, std::int64_t n, std::int64_t t) {
    const double off = value(n, classes_ + 1, t) - target.elapsed;
    const bool near = std::abs(off) <= 1;
    elapsed_.add(near ? off * off / 2 : std::abs(off) - 0.5, target.elapsed_weight);
    gradient_[at(n, classes_ + 1, t)] = target.elapsed_weight * (near ? off : std::copysign(1.0, off));
  }

  const LossOptions& options_;
  const Tensor& values_;
  std::span<const SampleTarget> targets_;
  std::int64_t classes_, samples_;
  std::vector<double> gradient_;  // before the division by each term's weight
  Term which_, whether_, elapsed_;
};

}  // namespace

LossResult evaluate_stream_loss(const LossOptions& options, const Tensor& values,
                                std::span<const SampleTarget> targets) {
  if (values.shape().size() != 3 || values.dim(1) <= kActionOutputs ||
      static_cast<std::int64_t>(targets.size()) != values.dim(0) * values.dim(2))
    throw ModelError(
        fmt::format("the loss on streams takes N×(classes + {})×T and N·T targets, not {} and {}",
                    kActionOutputs, to_string(values.shape()), targets.size()));
  const auto classes = static_cast<std::size_t>(values.dim(1) - kActionOutputs);
  if (!options.class_weights.empty() && options.class_weights.size() != classes)
    throw ModelError(fmt::format("{} class weights for {} classes", options.class_weights.size(), classes));
  return StreamLoss(options, values, targets).run();
}

}  // namespace actionflow
