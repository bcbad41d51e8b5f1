// Computes nodes whose inputs are constants: weights that an exporter cuts and joins, and the arithmetic on
// shapes by which it says a Reshape's extents.
#pragma once

#include <optional>
#include <vector>

#include "models/formats/onnx/graph/onnx_graph.h"

namespace actionflow::onnx {

// Whether the operator can be computed here.
bool can_fold(const Node& node);

// `inputs` are null where left out. Fails for the node where they do not fit, or where the result has more
// than `most_elements`.
Array fold(const Node& node, const std::vector<const Array*>& inputs, std::int64_t most_elements);

}  // namespace actionflow::onnx
