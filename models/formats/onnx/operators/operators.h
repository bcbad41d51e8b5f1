// ONNX' operators as layers of ours: a function an operator, by its name.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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
  // Null where the input is nothing on the way to an attention.
  const Scores* scores(std::size_t i) const;
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
Operators channel_operators();      // Gemm, MatMul, BatchNormalization, Softmax
Operators shape_operators();        // Transpose, Reshape, …
Operators part_operators();         // Slice, Gather, Split, Resize
Operators recurrent_operators();    // LSTM, GRU
Operators norm_operators();         // LayerNormalization, Gelu
Operators product_operators();      // Einsum
Operators joining_operators();      // Concat, ScatterND

// Null where it is not known.
Operator find_operator(const std::string& name);

// Whether a layer of this kind can take a scale and a shift of its result into its own weights.
bool can_hold_scale(const ModelLine& line);
Tensor one_number(float value);
// y = scale·x + shift with one number a channel: becomes part of the layer before where that can hold it.
Value scale_and_shift(const Use& use, const Value& value, const Tensor& scale, const Tensor& shift);
// The activation as the option of the layer before, or as a layer of its own.
Value activated(const Use& use, const Value& value, const std::string& activation);
// The value with this axis of ONNX' along the channels; nothing moves where it lies there, and nothing else
// does.
Value along_channels(const Use& use, const Value& value, std::size_t axis);
// A constant spread over a value's axes, C×T×H×W, extents 1 where it is the same along an axis. Nothing where
// it has other axes than the value, or repeats inside one too often.
std::optional<Tensor> spread(const Array& constant, const Value& value);
// A constant as a layer of its own, laid out as the placement says; else its last axis along the channels.
Value constant_value(const Use& use, const Array& constant, const Placement& placement);
Value constant_value(const Use& use, const Array& constant);
// The input, whichever it is.
Value any_value(const Use& use, std::size_t i);
enum class Join { add, multiply, maximum };
// Two values element by element, axes counted from the last; extents of 1 and missing axes are repeated.
Value joined(const Use& use, Join join, Value a, Value b);
// The value in this shape, its axes of extent 1 repeated.
Value repeated(const Use& use, const Value& value, const Shape& shape);

// Values and constants one after another along an axis; at least one is a value, and all have as many axes.
Value joined_along(const Use& use, const std::vector<Entry>& parts, std::size_t axis);
// A padded value with its zeros.
Value with_zeros(const Use& use, const Value& value);

// Steps begin, begin + step, … of an axis, `count` of them; a step may be negative.
struct Range {
  std::int64_t begin = 0, step = 1, count = 0;
};
// Of a Slice: each axis that it names, and what it takes of it, which may be nothing.
std::vector<std::pair<std::size_t, Range>> slice_ranges(const Use& use, Shape shape);
// Of a ScatterND: for each axis that it names, from the first on, what of it is replaced. Nothing where that
// is not one block, counted in order.
std::optional<std::vector<Range>> box_of(const Array& indices, const Shape& shape);
Value part_of(const Use& use, const Value& value, std::size_t axis, const Range& range);
// The same values counted in another shape of as many.
Value to_shape(const Use& use, const Value& value, const Shape& shape);

// The means (or largest) over these axes, which become 1.
Value reduced(const Use& use, const Value& value, const std::vector<std::size_t>& axes, bool max);

}  // namespace actionflow::onnx
