// Whether an operation can run along a stream: its step t made of steps up to t of its inputs alone.
#pragma once

#include <string>

#include "models/graph/graph.h"

namespace actionflow {

// Why it cannot, with the mend, as the rest of a sentence that begins with the layer; empty where it can.
std::string why_not_causal(const Graph& graph, const GraphNode& node);

}  // namespace actionflow
