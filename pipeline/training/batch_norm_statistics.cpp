#include "pipeline/training/batch_norm_statistics.h"

#include <algorithm>

#include "models/training/norm_statistics.h"

namespace actionflow {

bool has_batch_norm(const Architecture& architecture) {
  return std::ranges::any_of(architecture.graph.nodes, [](const GraphNode& node) {
    return std::holds_alternative<BatchNorm>(node.operation);
  });
}

bool reestimate_batch_norm(TrainingNetwork& network, TrainingFlow& flow, std::uint64_t seed) {
  NormStatistics statistics(network.architecture(), network.weights());
  for (int batches = 0; batches < kStatisticsBatches; ++batches) {
    const TrainingBatchPtr batch = flow.next();
    if (!batch) return false;
    statistics.before_batch();
    network.accumulate(batch->pixels(), batch->targets, {seed, static_cast<std::uint64_t>(batches)},
                       batch->mixing);
    statistics.after_batch(batch->targets.dim(0));
    if (batch->last) break;
  }
  network.clear_gradients();
  statistics.finish();
  return true;
}

}  // namespace actionflow
