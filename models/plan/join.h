// Which fused steps run as one kernel, so that the value between them never stands in memory.
#pragma once

#include <vector>

#include "models/graph/graph.h"
#include "models/kernels/layout.h"
#include "models/plan/fuse.h"

namespace actionflow {

// Joins steps of fuse() in f32, whose arguments these are. A value with keep[node] stands in memory still.
std::vector<FusedStep> join(const Graph& graph, const std::vector<kernels::Layout>& layouts,
                            const std::vector<bool>& keep, const std::vector<FusedStep>& steps);

}  // namespace actionflow
