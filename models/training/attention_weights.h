// What one attention gives each position of its result from the positions of its values: the mean over its
// heads. By plain loops, for looking at networks.
#pragma once

#include <vector>

#include "base/tensor/tensor.h"
#include "models/graph/graph.h"
#include "models/weights/weights.h"

namespace actionflow {

// Shares of a value's positions, T×H×W.
using PositionShares = std::vector<double>;

// `query`, `key`: 1×C×T×H×W, as the node reads them; of a value that holds queries, keys and values together,
// its parts. From the shares of the result's positions those of the values' positions.
PositionShares shares_behind_attention(const GraphNode& node, const Weights& weights, const Tensor& query,
                                       const Tensor& key, const PositionShares& result);

}  // namespace actionflow
