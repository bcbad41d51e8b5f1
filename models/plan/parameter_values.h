// The parameters of a graph's nodes as kernels take them.
#pragma once

#include <string>
#include <vector>

#include "models/graph/graph.h"
#include "models/kernels/layout.h"
#include "models/weights/weights.h"

namespace actionflow {

// Empty where the node has no parameter of that role. Throws ModelError, which names the layer, where the
// weights lack it or have another size.
std::vector<float> parameter_values(const GraphNode& node, const std::string& role, const Weights& weights);

// Of a batch norm or a learnt scale, one a channel. Throws likewise.
kernels::ScaleShift scale_shift(const GraphNode& node, const Weights& weights);

}  // namespace actionflow
