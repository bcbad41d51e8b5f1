// Losses on logits, with the closing softmax or sigmoid inside.
//
// Cross-entropy over classes (softmax): −Σ_k w_k·q_k·log softmax(z)_k. Sigmoid cross-entropy, for one
// output (two classes: q is 1×1, the probability of the second) or many labels: mean over outputs of
// −w_k·(q_k·log σ(z_k) + (1−q_k)·log(1−σ(z_k))). A batch's loss is the mean over its clips; with class
// weights the sum over clips divided by Σ of each clip's Σ_k w_k·q_k, as PyTorch divides.
#pragma once

#include <span>
#include <vector>

#include "base/config.h"
#include "base/tensor.h"

namespace actionflow {

enum class LossKind { automatic, cross_entropy, sigmoid };

struct LossOptions {
  LossKind kind = LossKind::automatic;  // by the network's closing activation and its number of outputs
  float label_smoothing = 0;            // ε: the target becomes (1−ε)·q + ε/K
  std::vector<float> class_weights;     // one a class; empty: all 1
  static void describe(config::Fields<LossOptions>& fields);
};

struct LossResult {
  double loss = 0;              // of the batch, mean
  std::vector<float> per_clip;  // unweighted mean's terms, for finding hard and wrong clips
  Tensor gradient;              // of the mean loss by the logits, N×K
};

// logits N×K, targets N×K (rows of probabilities; one-hot for a plain label). Neither is changed.
LossResult evaluate_loss(const LossOptions& options, const Tensor& logits, const Tensor& targets);

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::LossKind> {
  using Kind = actionflow::LossKind;
  static constexpr std::array<std::pair<Kind, std::string_view>, 3> names{
      {{Kind::automatic, "auto"}, {Kind::cross_entropy, "cross_entropy"}, {Kind::sigmoid, "sigmoid"}}};
};
