#include "models/graph/traits.h"

#include <limits>

#include "models/graph/operations/operation_traits.h"

namespace actionflow {

Traits traits(const Graph& graph, const GraphNode& node) {
  return std::visit([&](const auto& operation) { return traits_of(operation, graph, node); }, node.operation);
}

std::int64_t multiply_accumulates(const Graph& graph) {
  std::int64_t sum = 0;
  for (const GraphNode& node : graph.nodes)
    if (__builtin_add_overflow(sum, traits(graph, node).multiply_accumulates, &sum))
      return std::numeric_limits<std::int64_t>::max();
  return sum;
}

std::int64_t saturating_product(std::initializer_list<std::int64_t> factors) {
  std::int64_t result = 1;
  for (const std::int64_t factor : factors) {
    if (__builtin_mul_overflow(result, factor, &result)) return std::numeric_limits<std::int64_t>::max();
  }
  return result;
}

}  // namespace actionflow
