// Losses on logits, with the closing softmax or sigmoid inside.
//
// Cross-entropy over classes (softmax): −Σ_k w_k·q_k·log softmax(z)_k. Sigmoid cross-entropy, for many
// labels: mean over outputs of −w_k·(q_k·log σ(z_k) + (1−q_k)·log(1−σ(z_k))); for one output q is 1×1, the
// probability of the second of two classes, and the loss is cross-entropy's over (0, z), with two weights.
// A batch's loss is the mean over its clips; cross-entropy with class weights divides the sum over clips by
// Σ of each clip's Σ_k w_k·q_k before smoothing, as PyTorch does for labels (0 where that sum is 0).
//
// A network for streams has a loss of its own (models/training/loss/stream_loss.h).
//
// Sums are doubles in a fixed order: equal arguments give equal bits. What is not finite in the logits is
// not finite in the loss. From any thread.
#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/config.h"
#include "base/tensor/tensor.h"
#include "models/description/architecture.h"

namespace actionflow {

enum class LossKind { automatic, cross_entropy, sigmoid, actions };

struct LossOptions {
  LossKind kind = LossKind::automatic;  // by the network's closing activation and its number of outputs
  float label_smoothing = 0;  // ε: the target becomes (1−ε)·q + ε/K, for sigmoids (1−ε)·q + ε/2
  std::vector<float> class_weights;  // one a class; empty: all 1
  float elapsed = 0.2F;              // weight of the seconds since an action began, of `actions`
  static void describe(config::Fields<LossOptions>& fields);
};

// A loss on a network's end.
struct FittedLoss {
  LossOptions options;  // `kind` settled
  int logits = -1;      // the value of the graph that the loss takes: before the closing activation
};

// `automatic` becomes `actions` for a network that ends in action_scores, sigmoid for one that ends in a
// sigmoid or in one plain output, and cross-entropy for any other. ModelError that names both where kind and
// end do not match, where the result is no vector, and where class weights are not as many as classes.
FittedLoss fit_loss(const LossOptions& options, const Architecture& architecture);

struct LossResult {
  double loss = 0;  // of the batch, mean
  Tensor gradient;  // of the mean loss by the logits, N×K
};

// logits N×K, targets N×K (rows of probabilities; one-hot for a plain label). Neither is changed. An
// `automatic` kind is sigmoid where K is 1. ModelError where shapes or the number of weights do not fit.
LossResult evaluate_loss(const LossOptions& options, const Tensor& logits, const Tensor& targets);

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::LossKind> {
  using Kind = actionflow::LossKind;
  static constexpr std::array<std::pair<Kind, std::string_view>, 4> names{
      {{Kind::automatic, "auto"},
       {Kind::cross_entropy, "cross_entropy"},
       {Kind::sigmoid, "sigmoid"},
       {Kind::actions, "actions"}}};
};
