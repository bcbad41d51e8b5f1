#include "pipeline/training/batch_norm_statistics.h"

#include <algorithm>

#include "models/training/norm_statistics.h"

namespace actionflow {

bool has_batch_norm(const Architecture& architecture) {
  return std::ranges::any_of(architecture.graph.nodes, [](const GraphNode& node) {
    return std::holds_alternative<BatchNorm>(node.operation);
  });
}

bool reestimate_batch_norm(TrainingNetwork& network, TrainingFlow& flow, std::uint64_t seed,
                           const std::atomic<bool>& stopped) {
  NormStatistics statistics(network.moving_norms(), network.weights());
  if (statistics.empty()) return true;
  for (int batches = 0; batches < kStatisticsBatches; ++batches) {
    if (stopped.load()) return false;
    const TrainingBatchPtr batch = flow.next();
    if (!batch) return false;
    statistics.before_batch();
    network.observe(batch->pixels(), {seed, static_cast<std::uint64_t>(batches)}, batch->mixing);
    statistics.after_batch(batch->clips);
    if (batch->last) break;
  }
  statistics.finish();
  return true;
}

}  // namespace actionflow
