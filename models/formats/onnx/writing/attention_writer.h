// Attention as ONNX nodes: products, a Softmax, and constants for biases and for what does not see each
// other.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "models/formats/onnx/graph/graph_writer.h"
#include "models/graph/graph.h"
#include "models/weights/weights.h"

namespace actionflow::onnx {

// Queries, keys and values as N×T×H×W×C.
struct AttentionInputs {
  std::string query, key, value;
  Extents of_query, of_key;
};

// The name of the result, N×T×H×W×C. `weights` hold the node's parameters.
std::string write_attention(GraphWriter& out, const GraphNode& node, const AttentionInputs& inputs,
                            const Weights& weights);

}  // namespace actionflow::onnx
