#include "models/training/optimizer/optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "models/graph/reserved_names.h"
#include "models/kernels/parallel.h"
#include "models/training/optimizer/optimizer_loops.h"

namespace actionflow {
namespace {

using training::Stretch;

bool decays(const TrainedParameter& parameter) {
  return parameter.role == "kernel" || parameter.role == "recurrent_kernel";
}

// What both kinds share: tensors of state, one of each role a parameter, and the count of steps.
class StatefulOptimizer : public Optimizer {
 public:
  StatefulOptimizer(const OptimizerOptions& options, std::vector<std::string> roles)
      : options_(options), roles_(std::move(roles)) {}

  double step(std::span<const TrainedParameter> parameters, double learning_rate) final {
    prepare(parameters);
    const double norm = training::gradient_norm(parameters);
    if (!std::isfinite(norm)) return norm;
    // As torch.nn.utils.clip_grad_norm_ scales.
    const double scale = options_.clip_norm > 0 ? std::min(1.0, options_.clip_norm / (norm + 1e-6)) : 1.0;
    if (scale < 1) training::scale_gradients(parameters, static_cast<float>(scale));
    ++steps_;
    update(parameters, learning_rate);
    return norm;
  }

  std::int64_t steps() const final { return steps_; }

  std::map<std::string, const Tensor*> state_views() const final {
    std::map<std::string, const Tensor*> views;
    for (const auto& [name, tensor] : state_) views.emplace(name, &tensor);
    return views;
  }

  void load(std::map<std::string, Tensor> state, std::int64_t steps) final {
    for (const auto& [name, tensor] : state) {
      const bool known = std::any_of(roles_.begin(), roles_.end(), [&name = name](const std::string& role) {
        return name.starts_with(prefix_of(role));
      });
      if (!known)
        throw ModelError(fmt::format("'{}' is no state of this optimiser ({})", name, shown_kind()));
    }
    state_ = std::move(state);
    steps_ = steps;
  }

  void check(std::span<const TrainedParameter> parameters) const final {
    for (const TrainedParameter& parameter : parameters) {
      for (const std::string& role : roles_) {
        const auto found = state_.find(prefix_of(role) + parameter.name);
        if (found == state_.end() && steps_ > 0) {
          throw ModelError(
              fmt::format("the optimiser's state has no '{}{}'", prefix_of(role), parameter.name));
        }
        if (found != state_.end() && found->second.shape() != parameter.shape) {
          throw ModelError(fmt::format("the optimiser's '{}' is {}, and the parameter is {}", found->first,
                                       to_string(found->second.shape()), to_string(parameter.shape)));
        }
      }
    }
  }

 protected:
  const OptimizerOptions& options() const { return options_; }
  float* state_of(std::size_t parameter, std::size_t role) const {
    return pointers_[parameter * roles_.size() + role];
  }
  float decay_of(const TrainedParameter& parameter) const {
    return decays(parameter) ? static_cast<float>(options_.weight_decay) : 0.0F;
  }
  virtual void update(std::span<const TrainedParameter> parameters, double learning_rate) = 0;

 private:
  static std::string prefix_of(const std::string& role) {
    return std::string(kOptimizerTensors) + role + ".";
  }

  std::string_view shown_kind() const { return options_.kind == OptimizerKind::sgd ? "sgd" : "adamw"; }

  void prepare(std::span<const TrainedParameter> parameters) {
    check(parameters);
    pointers_.clear();
    for (const TrainedParameter& parameter : parameters) {
      for (const std::string& role : roles_) {
        pointers_.push_back(
            state_.try_emplace(prefix_of(role) + parameter.name, parameter.shape).first->second.data());
      }
    }
  }

  OptimizerOptions options_;
  std::vector<std::string> roles_;
  std::map<std::string, Tensor> state_;
  std::vector<float*> pointers_;  // into state_, by parameter and role
  std::int64_t steps_ = 0;
};

class Sgd final : public StatefulOptimizer {
 public:
  explicit Sgd(const OptimizerOptions& options)
      : StatefulOptimizer(options, options.momentum > 0 ? std::vector<std::string>{"momentum"}
                                                        : std::vector<std::string>{}) {}

 private:
  void update(std::span<const TrainedParameter> parameters, double learning_rate) override {
    const auto momentum = static_cast<float>(options().momentum);
    training::for_each_stretch(parameters, [&](const Stretch& at) {
      const TrainedParameter& parameter = parameters[at.parameter];
      const training::SgdStep step{.rate = static_cast<float>(learning_rate) * parameter.rate,
                                   .momentum = momentum,
                                   .decay = decay_of(parameter),
                                   .nesterov = options().nesterov};
      float* velocity = momentum > 0 ? state_of(at.parameter, 0) + at.begin : nullptr;
      training::sgd_step(step, parameter.gradient.data() + at.begin, velocity,
                         parameter.value.data() + at.begin, at.count);
    });
  }
};

class AdamW final : public StatefulOptimizer {
 public:
  explicit AdamW(const OptimizerOptions& options)
      : StatefulOptimizer(options, {"first_moment", "second_moment"}) {}

 private:
  void update(std::span<const TrainedParameter> parameters, double learning_rate) override {
    const auto count = static_cast<double>(steps());
    const double correction1 = 1 - std::pow(options().beta1, count),
                 correction2 = 1 - std::pow(options().beta2, count);
    training::for_each_stretch(parameters, [&](const Stretch& at) {
      const TrainedParameter& parameter = parameters[at.parameter];
      const training::AdamStep step{.rate = static_cast<float>(learning_rate / correction1) * parameter.rate,
                                    .keep = static_cast<float>(1 - learning_rate * double{parameter.rate} *
                                                                       double{decay_of(parameter)}),
                                    .beta1 = static_cast<float>(options().beta1),
                                    .beta2 = static_cast<float>(options().beta2),
                                    .rest1 = static_cast<float>(1 - options().beta1),
                                    .rest2 = static_cast<float>(1 - options().beta2),
                                    .inverse_root = static_cast<float>(1 / std::sqrt(correction2)),
                                    .epsilon = static_cast<float>(options().epsilon)};
      training::adam_step(step, parameter.gradient.data() + at.begin, state_of(at.parameter, 0) + at.begin,
                          state_of(at.parameter, 1) + at.begin, parameter.value.data() + at.begin, at.count);
    });
  }
};

}  // namespace

void OptimizerOptions::describe(config::Fields<OptimizerOptions>& fields) {
  fields.add("kind", &OptimizerOptions::kind, "sgd or adamw");
  fields.add("learning_rate", &OptimizerOptions::learning_rate, "the schedule's peak").more_than(0);
  fields.add("rates", &OptimizerOptions::rates,
             "shares of the learning rate by parameters' patterns: {\"stem.*\": 0.1}");
  fields.add("momentum", &OptimizerOptions::momentum, "sgd's; 0: none").range(0, 0.9999);
  fields.add("nesterov", &OptimizerOptions::nesterov, "sgd looks ahead by its momentum");
  fields.add("weight_decay", &OptimizerOptions::weight_decay, "of kernels; biases and norms have none")
      .at_least(0);
  fields.add("beta1", &OptimizerOptions::beta1, "adamw: share of the gradients' mean kept").range(0, 0.99999);
  fields.add("beta2", &OptimizerOptions::beta2, "adamw: share of their squares' mean kept").range(0, 0.99999);
  fields.add("epsilon", &OptimizerOptions::epsilon, "adamw: added to the root of the squares' mean")
      .more_than(0);
  fields.add("clip_norm", &OptimizerOptions::clip_norm, "largest norm of all gradients together; 0: any")
      .at_least(0);
}

void OptimizerOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  for (const auto& [pattern, share] : rates) {
    if (share > 0 && share <= 100) continue;
    const config::Value* at = value.find("rates");
    diagnostics.add((at ? *at : value).place(),
                    fmt::format("rates: '{}' is {}, expected more than 0 and at most 100; what is not to be "
                                "trained at all stands in 'freeze'",
                                pattern, share));
  }
  if (kind != OptimizerKind::sgd || !nesterov || momentum > 0) return;
  const config::Value* at = value.find("nesterov");
  diagnostics.add((at ? *at : value).place(), "nesterov needs a momentum above 0");
}

std::map<std::string, Tensor> Optimizer::state() const {
  std::map<std::string, Tensor> copies;
  for (const auto& [name, tensor] : state_views()) copies.emplace(name, *tensor);
  return copies;
}

std::unique_ptr<Optimizer> Optimizer::create(const OptimizerOptions& options) {
  if (options.kind == OptimizerKind::adamw) return std::make_unique<AdamW>(options);
  return std::make_unique<Sgd>(options);
}

}  // namespace actionflow
