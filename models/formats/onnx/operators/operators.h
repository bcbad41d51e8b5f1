// ONNX' operators as layers of ours: a function an operator, by its name.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/formats/onnx/graph/onnx_graph.h"
#include "models/formats/onnx/operators/network_writer.h"

namespace actionflow::onnx {

// What a name of the file stands for: a constant, or a value that the network computes.
struct Entry {
  std::shared_ptr<const Array> constant;
  std::optional<Value> value;
};

// One node with what it reads. What does not fit fails by node.fail().
struct Use {
  const Node& node;
  NetworkWriter& network;
  std::vector<Entry> inputs;  // empty where an input is left out
  std::vector<bool> read;     // of each output, whether anything reads it

  // A computed value without padding around it.
  const Value& value(std::size_t i) const;
  const Value& padded_value(std::size_t i) const;
  // Null where the input is no half of an attention.
  const Value* scores(std::size_t i) const;
  bool is_constant(std::size_t i) const { return i < inputs.size() && inputs[i].constant != nullptr; }
  // Null where the input is left out.
  const Array* constant(std::size_t i) const;
  const Array& required_constant(std::size_t i) const;
  // One of the axes of a value, negative ones counted from the end.
  std::size_t axis(std::int64_t axis, std::size_t rank) const;
  // Axes from the attribute, or, in later opsets, from an input; all where neither says any.
  std::vector<std::size_t> axes(std::size_t input, std::size_t rank) const;

  ModelLine line(std::string layer, const std::string& weight = {}) const;
};

// One value for each of the node's outputs that anything reads; others may be left out at the end.
using Operator = std::vector<Value> (*)(const Use& use);
using Operators = std::map<std::string, Operator>;

Operators sliding_operators();      // Conv, MaxPool, AveragePool, Pad
Operators elementwise_operators();  // Add, Mul, …
Operators activation_operators();   // Relu, Clip, …
Operators reduction_operators();    // ReduceMean, GlobalAveragePool, …
Operators channel_operators();      // Gemm, MatMul, BatchNormalization, Softmax, Concat
Operators shape_operators();        // Transpose, Reshape, Slice, …
Operators recurrent_operators();    // LSTM, GRU
Operators attention_operators();    // LayerNormalization, Gelu

// Null where it is not known.
Operator find_operator(const std::string& name);

// Whether a layer of this kind can take a scale and a shift of its result into its own weights.
bool can_hold_scale(const ModelLine& line);
Tensor one_number(float value);
// y = scale·x + shift with one number a channel: becomes part of the layer before where that can hold it.
Value scale_and_shift(const Use& use, const Value& value, const Tensor& scale, const Tensor& shift);
// The activation as the option of the layer before, or as a layer of its own.
Value activated(const Use& use, const Value& value, const std::string& activation);
// A constant spread over a value's axes, C×T×H×W, extents 1 where it is the same along an axis.
Tensor spread(const Use& use, const Array& constant, const Value& value);
// An attention's first product, of values whose last axes are positions and numbers, and numbers and
// positions.
Value scored(const Use& use, const Value& queries, const Value& keys);
// Its second product: the layer.
Value weighed(const Use& use, const Value& scores, const Value& values);

// The means (or largest) over these axes, which become 1.
Value reduced(const Use& use, const Value& value, const std::vector<std::size_t>& axes, bool max);

}  // namespace actionflow::onnx
