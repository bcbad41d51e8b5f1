// Optimisers, as PyTorch 2 defines them (torch.optim.SGD, torch.optim.AdamW).
//
// SGD: v ← μ·v + g (the first step v = g), step g + μ·v with Nesterov, else v. AdamW: decoupled decay,
// bias-corrected moments. Weight decay falls on kernels only (roles kernel, recurrent_kernel), not on
// biases and norms. The state is tensors by name, for checkpoints: "optimizer.momentum.<parameter>", and
// "optimizer.first_moment.<parameter>" with "optimizer.second_moment.<parameter>".
//
// One thread uses an Optimizer at a time; inside, the OpenMP threads of the calling thread. Results depend
// neither on their number nor on the order of the parameters, but for the norm's last bits.
#pragma once

#include <array>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "base/tensor/tensor.h"

namespace actionflow {

// A parameter being trained, as the optimiser sees it. Both spans are the network's memory.
struct TrainedParameter {
  std::string name;
  std::string role;  // as Parameter::role
  std::span<float> value;
  std::span<float> gradient;
  Shape shape;
  float rate = 1;  // its share of the learning rate
};

enum class OptimizerKind { sgd, adamw };

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::sgd;
  double learning_rate = 0.01;  // the schedule's peak
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  // Shares of the learning rate by patterns of parameters: {"stem.*": 0.1}. Of several that match, the
  // longest.
  std::map<std::string, double> rates = {};
  double clip_norm = 0;  // gradients' global norm is scaled down to it; 0: not
  static void describe(config::Fields<OptimizerOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;
};

class Optimizer {
 public:
  static std::unique_ptr<Optimizer> create(const OptimizerOptions& options);
  virtual ~Optimizer() = default;
  // One update with this rate. Gradients are clipped first, and are left as they were used. Returns their
  // global norm before clipping. A norm that is not finite changes nothing: the caller stops.
  virtual double step(std::span<const TrainedParameter> parameters, double learning_rate) = 0;
  virtual std::int64_t steps() const = 0;  // taken so far

  // "optimizer.…" tensors, by name; views stay the optimiser's, until its next step.
  virtual std::map<std::string, const Tensor*> state_views() const = 0;
  std::map<std::string, Tensor> state() const;
  // Goes on after `steps`. Throws ModelError for tensors of another kind of optimiser; what is missing or
  // does not fit the parameters is one too, in check() or at the next step.
  virtual void load(std::map<std::string, Tensor> state, std::int64_t steps) = 0;
  virtual void check(std::span<const TrainedParameter> parameters) const = 0;
};

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::OptimizerKind> {
  using Kind = actionflow::OptimizerKind;
  static constexpr std::array<std::pair<Kind, std::string_view>, 2> names{
      {{Kind::sgd, "sgd"}, {Kind::adamw, "adamw"}}};
};
