// What sets the graphs of two descriptions apart.
#pragma once

#include <string>
#include <vector>

#include "pipeline/graph/description.h"

namespace actionflow {

// The nodes that one of them lacks, or has with another kind, other inputs, other options, or other windows,
// by name and in order; "options" and "web" first where those differ. Streams are not looked at, nor are
// weights, which can be exchanged in a graph that runs.
std::vector<std::string> graph_difference(const PipelineDescription& a, const PipelineDescription& b);

}  // namespace actionflow
