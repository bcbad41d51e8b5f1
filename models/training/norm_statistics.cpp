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
                            .positions = node->extents.positions(),
                            .sums = std::vector<double>(static_cast<std::size_t>(tensor.size()))});
    }
  }
}

NormStatistics::~NormStatistics() {
  if (finished_) return;
  for (const Estimate& estimate : estimates_) estimate.restore();
}

void NormStatistics::Estimate::restore() const { std::copy_n(before.data(), before.size(), tensor->data()); }

// From zero, a batch leaves its own statistics times 1 − momentum.
void NormStatistics::before_batch() {
  for (Estimate& estimate : estimates_) {
    std::fill_n(estimate.tensor->data(), estimate.tensor->size(), 0.0F);
  }
}

void NormStatistics::after_batch(std::int64_t clips) {
  const auto weight = static_cast<double>(clips);
  for (Estimate& estimate : estimates_) {
    if (clips * estimate.positions == 1) continue;  // a single row moved nothing
    estimate.clips += weight;
    const float* batch = estimate.tensor->data();
    for (std::size_t i = 0; i < estimate.sums.size(); ++i)
      estimate.sums[i] += weight * batch[i] / estimate.share;
  }
}

void NormStatistics::finish() {
  for (const Estimate& estimate : estimates_) {
    if (estimate.clips == 0)
      estimate.restore();
    else
      std::ranges::transform(estimate.sums, estimate.tensor->data(),
                             [&](double sum) { return static_cast<float>(sum / estimate.clips); });
  }
  finished_ = true;
}

}  // namespace actionflow
