// What exporters write as several nodes and ONNX has a name for: found in the graph and put together again,
// so that one operator is read.
#pragma once

#include "models/formats/onnx/graph/onnx_graph.h"

namespace actionflow::onnx {

// x/2·(1 + erf(x/√2)) and x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))) become Gelu (opset 20); what is centred
// over the last axis, divided by its deviation, multiplied and shifted becomes LayerNormalization (opset 17).
// A batch norm of 1 × places × channels × 1 by the moments of each place, as tf2onnx writes Keras' layer
// norm, becomes LayerNormalization without weights, marked by kOverFirst: the first axis has to be 1. Nodes
// whose values nothing reads any more are dropped.
void join_idioms(OnnxGraph& graph);

}  // namespace actionflow::onnx
