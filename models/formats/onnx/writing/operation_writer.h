// Our operations as ONNX nodes: a function an operation.
#pragma once

#include <string>
#include <vector>

#include "models/formats/onnx/graph/graph_writer.h"
#include "models/graph/graph.h"
#include "models/weights/weights.h"

namespace actionflow::onnx {

// Of N×C×T×H×W.
std::int64_t onnx_axis(ValueAxis axis);
// ONNX' operator; empty for silu, which has none.
std::string activation_name(ActivationKind kind);

class OperationWriter {
 public:
  // `weights` must outlive this.
  OperationWriter(::onnx::GraphProto& proto, const Weights& weights)
      : out_(proto, input_name()), weights_(weights) {}

  static std::string input_name() { return "clip"; }
  // Nodes come in the graph's order. Throws ModelError for an operation that has no such form.
  void write(const Graph& graph, int node);
  // The name of the network's result: N×C where flat, else N×C×T×H×W.
  std::string finish(int value, bool flat);

 private:
  // A value as ONNX has it: N×C, or N×C×T×H×W.
  struct Written {
    std::string name;
    bool flat = false;
    Extents extents;
  };

  Written written(int value) const;
  std::string five_axes(const Written& value);
  std::string two_axes(const Written& value);
  // As N×T×H×W×C, and back; `name` is the layer's that wants it.
  std::string channels_last(const Written& value, const std::string& name);
  std::string channels_first(const std::string& value, const std::string& name);
  std::string spread_beside(const Written& value, ValueAxis axis, const GraphNode& node);
  std::string scalar(const GraphNode& node, const std::string& part, float value);
  // A constant of 1×C×T×H×W or what repeats to it, once for each clip of the batch.
  std::string for_each_clip(const GraphNode& node, const std::string& value, const Extents& extents);
  void gelu(const std::string& input, bool by_tanh, const GraphNode& node, Written& result);
  const Tensor* find_weight(const GraphNode& node, const std::string& role) const;
  // Named as PyTorch names it. `otherwise` fills one a channel where the layer has none.
  std::string weight(const GraphNode& node, const std::string& role, const Shape& shape);
  // So many times, one after another.
  std::string repeated_weight(const GraphNode& node, const std::string& role, int times);
  std::string weight_or(const GraphNode& node, const std::string& role, const Shape& shape, float otherwise);
  void elementwise(const std::vector<Written>& inputs, const std::string& op, Written& result);

  void emit(const Convolution& operation, const GraphNode& node, Written& result);
  void emit(const Pooling& operation, const GraphNode& node, Written& result);
  void emit(const Reduction& operation, const GraphNode& node, Written& result);
  void emit(const BatchNorm& operation, const GraphNode& node, Written& result);
  void emit(const Activation& operation, const GraphNode& node, Written& result);
  void emit(const PRelu& operation, const GraphNode& node, Written& result);
  void emit(const Dense& operation, const GraphNode& node, Written& result);
  void emit(const Dropout& operation, const GraphNode& node, Written& result);
  void emit(const Reshape& operation, const GraphNode& node, Written& result);
  void emit(const Permute& operation, const GraphNode& node, Written& result);
  void emit(const Concat& operation, const GraphNode& node, Written& result);
  void emit(const Elementwise& operation, const GraphNode& node, Written& result);
  void emit(const Slice& operation, const GraphNode& node, Written& result);
  void emit(const SelectFrames& operation, const GraphNode& node, Written& result);
  void emit(const Recurrent& operation, const GraphNode& node, Written& result);
  void emit(const ConvLstm& operation, const GraphNode& node, Written& result);
  void emit(const LayerNorm& operation, const GraphNode& node, Written& result);
  void emit(const ClassToken& operation, const GraphNode& node, Written& result);
  void emit(const PositionEmbedding& operation, const GraphNode& node, Written& result);
  void emit(const Attention& operation, const GraphNode& node, Written& result);
  void emit(const MatMul& operation, const GraphNode& node, Written& result);
  void emit(const Constant& operation, const GraphNode& node, Written& result);
  void emit(const Scale& operation, const GraphNode& node, Written& result);
  template <class Other>
  void emit(const Other&, const GraphNode& node, Written&) {
    refuse(node);
  }
  [[noreturn]] static void refuse(const GraphNode& node);
  void set_activations(const Recurrent& recurrent);
  std::string recurrent_bias(const Recurrent& recurrent, const GraphNode& node);

  GraphWriter out_;
  const Weights& weights_;
  const Graph* graph_ = nullptr;
  std::vector<Written> values_;  // of each node of ours
};

}  // namespace actionflow::onnx
