#include "pipeline/training/memory_need.h"

#include <algorithm>

#include "datasets/recordings/decoder_memory.h"
#include "models/plan/memory.h"

namespace actionflow {

namespace {

constexpr int kCopiesForValidation = 2;  // those that are judged, and those that its network has packed
constexpr std::size_t kForAllElse = std::size_t{64} << 20U;  // pictures on their way, the program
constexpr std::size_t kMostOpened = 16;                      // most datasets have videos of one size

int moments(const OptimizerOptions& optimizer) {
  if (optimizer.kind == OptimizerKind::adamw) return 2;
  return optimizer.momentum > 0 ? 1 : 0;
}

std::size_t bytes_of_parameters(const Architecture& architecture) {
  return static_cast<std::size_t>(architecture.parameter_count()) * sizeof(float);
}

// Of which there is one copy more while validation's network packs it.
std::size_t largest_parameter(const Architecture& architecture) {
  std::int64_t largest = 0;
  for (const GraphNode& node : architecture.graph.nodes)
    for (const Parameter& parameter : node.parameters)
      largest = std::max(largest, element_count(parameter.shape));
  return static_cast<std::size_t>(largest) * sizeof(float);
}

// Of a few from all over the list, at even and odd places.
std::size_t largest_decoder(const std::vector<VideoEntry>& entries) {
  const std::size_t step = std::max<std::size_t>(1, entries.size() / kMostOpened);
  std::size_t largest = 0;
  for (std::size_t i = 0; i * step < entries.size(); ++i)
    largest =
        std::max(largest, decoder_bytes(entries[std::min(i * step + i % step, entries.size() - 1)].source()));
  return largest;
}

}  // namespace

std::size_t bytes_beside_steps(const Recipe& recipe, const Architecture& architecture,
                               const Dataset& dataset) {
  const int copies = moments(recipe.optimizer) + (recipe.ema.decay > 0 ? 1 : 0) + kCopiesForValidation;
  const auto workers = static_cast<std::size_t>(recipe.worker_threads());
  return bytes_of_parameters(architecture) * static_cast<std::size_t>(copies) +
         largest_parameter(architecture) +
         workers * std::max(largest_decoder(dataset.train), largest_decoder(dataset.val)) + kForAllElse;
}

void check_memory_of_weights(const Recipe& recipe, const Architecture& architecture, const Dataset& dataset) {
  check_memory(architecture.name + ": its weights, gradients, the optimizer's moments and validation need",
               2 * bytes_of_parameters(architecture) + bytes_beside_steps(recipe, architecture, dataset));
}

}  // namespace actionflow
