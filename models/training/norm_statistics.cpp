#include "models/training/norm_statistics.h"

#include <algorithm>

namespace actionflow {

NormStatistics::NormStatistics(const std::vector<const GraphNode*>& norms, Weights& weights) {
  for (const GraphNode* node : norms) {
    const float momentum = std::get<BatchNorm>(node->operation).momentum;
    if (momentum >= 1) continue;
    for (const Parameter& parameter : node->parameters) {
      if (parameter.role != "moving_mean" && parameter.role != "moving_variance") continue;
      Tensor& tensor = weights.tensors.at(parameter.name);
      estimates_.push_back({.tensor = &tensor,
                            .before = tensor,
                            .share = 1 - double{momentum},
                            .sums = std::vector<double>(static_cast<std::size_t>(tensor.size()))});
    }
  }
}

NormStatistics::~NormStatistics() {
  if (finished_) return;
  for (Estimate& estimate : estimates_) {
    std::copy_n(estimate.before.data(), estimate.before.size(), estimate.tensor->data());
  }
}

// From zero, a batch leaves its own statistics times 1 − momentum.
void NormStatistics::before_batch() {
  for (Estimate& estimate : estimates_) {
    std::fill_n(estimate.tensor->data(), estimate.tensor->size(), 0.0F);
  }
}

void NormStatistics::after_batch(std::int64_t clips) {
  const auto weight = static_cast<double>(clips);
  for (Estimate& estimate : estimates_) {
    const float* batch = estimate.tensor->data();
    for (std::size_t i = 0; i < estimate.sums.size(); ++i)
      estimate.sums[i] += weight * batch[i] / estimate.share;
  }
  clips_ += weight;
}

void NormStatistics::finish() {
  if (clips_ == 0) return;
  for (Estimate& estimate : estimates_) {
    std::transform(estimate.sums.begin(), estimate.sums.end(), estimate.tensor->data(),
                   [this](double sum) { return static_cast<float>(sum / clips_); });
  }
  finished_ = true;
}

}  // namespace actionflow
