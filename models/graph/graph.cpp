#include "models/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>

namespace actionflow {

std::string to_string(const Extents& extents) {
  return fmt::format("{}×{}×{}×{}", extents.c, extents.t, extents.h, extents.w);
}

std::vector<std::vector<int>> consumers(const Graph& graph) {
  std::vector<std::vector<int>> readers(graph.nodes.size() + static_cast<std::size_t>(graph.input_count()));
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const int value : graph.nodes[i].inputs) {
      std::vector<int>& list = readers[static_cast<std::size_t>(value + graph.input_count())];
      if (list.empty() || list.back() != static_cast<int>(i)) list.push_back(static_cast<int>(i));
    }
  }
  return readers;
}

}  // namespace actionflow
