// Optimisers, as PyTorch 2 defines them (torch.optim.SGD, torch.optim.AdamW).
//
// SGD: v ← μ·v + g (the first step v = g), step g + μ·v with Nesterov, else v. AdamW: decoupled decay,
// bias-corrected moments. Weight decay falls on kernels only (roles kernel, recurrent_kernel), not on
// biases and norms. The state is tensors by name, for checkpoints: "optimizer.momentum.<parameter>", ….
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/tensor.h"

namespace actionflow {

// A parameter being trained, as the optimiser sees it. Both spans are the network's memory.
struct TrainedParameter {
  std::string name;
  std::string role;  // as Parameter::role
  std::span<float> value;
  std::span<float> gradient;
  Shape shape;
};

enum class OptimizerKind { sgd, adamw };

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::sgd;
  double learning_rate = 0.01;  // the schedule's peak
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double clip_norm = 0;  // gradients' global norm is scaled down to it; 0: not
  static void describe(config::Fields<OptimizerOptions>& fields);
};

class Optimizer {
 public:
  static std::unique_ptr<Optimizer> create(const OptimizerOptions& options);
  virtual ~Optimizer() = default;
  // One update with this rate. Gradients are clipped first, and are left as they were used. Returns their
  // global norm before clipping.
  virtual double step(std::span<const TrainedParameter> parameters, double learning_rate) = 0;
  // "optimizer.…" tensors, by name; load() throws ModelError for what is missing or does not fit.
  virtual std::map<std::string, Tensor> state() const = 0;
  virtual void load(const std::map<std::string, Tensor>& state, std::int64_t steps) = 0;
};

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::OptimizerKind> {
  using Kind = actionflow::OptimizerKind;
  static constexpr std::array<std::pair<Kind, std::string_view>, 2> names{
      {{Kind::sgd, "sgd"}, {Kind::adamw, "adamw"}}};
};
