#include "pipeline/training/batch_norm_statistics.h"

#include <algorithm>

namespace actionflow {

namespace {

// A moving statistic and the mean of what batches gave for it.
struct Statistic {
  Tensor* moving = nullptr;
  float momentum = 0;
  std::vector<double> sums;
};

bool is_moving(const Parameter& parameter) {
  return parameter.role == "moving_mean" || parameter.role == "moving_variance";
}

std::vector<Statistic> find_statistics(TrainingNetwork& network) {
  std::vector<Statistic> found;
  for (const GraphNode& node : network.architecture().graph.nodes) {
    const auto* norm = std::get_if<BatchNorm>(&node.operation);
    if (norm == nullptr) continue;
    for (const Parameter& parameter : node.parameters) {
      if (!is_moving(parameter)) continue;
      Tensor& moving = network.weights().tensors.at(parameter.name);
      found.push_back(
          {&moving, norm->momentum, std::vector<double>(static_cast<std::size_t>(moving.size()))});
    }
  }
  return found;
}

// From zero, one step of the moving average leaves (1 − momentum) times the batch's own statistic.
void clear(std::vector<Statistic>& statistics) {
  for (Statistic& one : statistics) std::ranges::fill(one.moving->values(), 0.0F);
}

void add(std::vector<Statistic>& statistics) {
  for (Statistic& one : statistics) {
    for (std::size_t i = 0; i < one.sums.size(); ++i)
      one.sums[i] += one.moving->values()[i] / (1.0 - static_cast<double>(one.momentum));
  }
}

}  // namespace

bool has_batch_norm(const Architecture& architecture) {
  return std::ranges::any_of(architecture.graph.nodes, [](const GraphNode& node) {
    return std::holds_alternative<BatchNorm>(node.operation);
  });
}

bool reestimate_batch_norm(TrainingNetwork& network, TrainingFlow& flow, std::uint64_t seed) {
  std::vector<Statistic> statistics = find_statistics(network);
  int batches = 0;
  while (batches < kStatisticsBatches) {
    const TrainingBatchPtr batch = flow.next();
    if (!batch) return false;
    clear(statistics);
    network.accumulate(batch->pixels(), batch->targets, {seed, static_cast<std::uint64_t>(batches)},
                       batch->mixing);
    add(statistics);
    ++batches;
    if (batch->last) break;
  }
  network.clear_gradients();
  for (Statistic& one : statistics) {
    for (std::size_t i = 0; i < one.sums.size(); ++i)
      one.moving->values()[i] = static_cast<float>(one.sums[i] / batches);
  }
  return true;
}

}  // namespace actionflow
