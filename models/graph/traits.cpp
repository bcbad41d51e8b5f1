#include "models/graph/traits.h"

#include <limits>

#include "models/graph/operations/operations.h"

namespace actionflow {

Traits traits(const Graph& graph, const GraphNode& node) {
  return std::visit([&](const auto& operation) { return traits_of(operation, graph, node); }, node.operation);
}

std::int64_t saturating_product(std::initializer_list<std::int64_t> factors) {
  std::int64_t result = 1;
  for (const std::int64_t factor : factors) {
    if (__builtin_mul_overflow(result, factor, &result)) return std::numeric_limits<std::int64_t>::max();
  }
  return result;
}

}  // namespace actionflow
