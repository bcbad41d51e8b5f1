// What sets the graphs of two descriptions apart.
#pragma once

#include <string>
#include <vector>

#include "pipeline/graph/description.h"

namespace actionflow {

// The nodes that one of them lacks, or has with another kind, other inputs, other options, or other windows,
// by name and in order; "options", "web" and "share" first where those differ. Streams are not looked at, nor
// is what can be changed in a graph that runs: weights, options of kinds that allow it, the look of the
// page's videos.
std::vector<std::string> graph_difference(const PipelineDescription& a, const PipelineDescription& b);

// Whatever the order of keys.
bool same_value(const config::Value& a, const config::Value& b);

}  // namespace actionflow
