// A network's parts, each a graph with the nodes whose values must stand in memory as they are.
//
// Whatever the cut, values at which any cut could be made are kept, and so are those that overlapping windows
// share where they meet what does not: so a network gives the same bits whole, cut, and advancing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/graph/cuts.h"
#include "models/graph/graph.h"
#include "models/graph/window_sharing.h"

namespace actionflow {

struct KeptPart {
  GraphPart part;
  std::vector<bool> keep;  // by node of part.graph
};

std::vector<KeptPart> parts_of(const Graph& graph, Cut cut, const std::string& network);

// The whole of it, as it advances by `hop` samples from one window to the next (models/graph/advancing.h).
KeptPart advancing_part(const Graph& graph, std::int64_t hop, Sharing sharing, const std::string& network);

// Under which names the ranges of a part's inputs stand (models/weights/quantization.h): those of the nodes
// that give them.
std::vector<std::string> input_ranges(const std::vector<KeptPart>& parts, const GraphPart& part);

}  // namespace actionflow
