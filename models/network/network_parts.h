// A network's parts, each a graph with the nodes whose values must stand in memory as they are.
#pragma once

#include <string>
#include <vector>

#include "models/graph/cuts.h"
#include "models/graph/graph.h"

namespace actionflow {

struct KeptPart {
  GraphPart part;
  std::vector<bool> keep;  // by node of part.graph
};

// Whatever the cut, values at which any cut could be made are kept: so a network cut in one way gives
// the same bits as cut in another, or not at all.
std::vector<KeptPart> parts_of(const Graph& graph, Cut cut, const std::string& network);

}  // namespace actionflow
