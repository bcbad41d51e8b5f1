// What the layers of Keras have in common when they become lines of a model file. Used by
// keras_layers.cpp and the files of kinds of layers beside it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/formats/keras/keras_layers.h"

namespace actionflow::keras {

// Values as YAML; a list of equal numbers becomes one number.
std::string yaml(std::int64_t value);
std::string yaml(double value);
std::string yaml(const std::vector<std::int64_t>& values);

// These fail, naming the layer, where it has not one input, or one of other axes.
const Value& only_input(const LayerUse& use);
void need_rank(const LayerUse& use, int rank);
void need_channels_last(const Settings& settings);
// Asked only where the answer depends on it; fails where nothing in the file tells.
bool is_of_keras_3(const LayerUse& use, const std::string& what);

// A line of this kind of ours, with the layer's name and inputs.
Line line_of(const LayerUse& use, std::string layer);
// Appends the line; the value is that layer's.
Value append(const LayerUse& use, std::vector<Line>& lines, Line line, Value result);

void add_bias(const LayerUse& use, Line& line);
// Stride and dilation, of so many axes in Keras.
void add_steps(const LayerUse& use, std::size_t axes, Line& line);
std::string padding_of(const LayerUse& use, bool causal_too);
// The layer's padding, and what a ZeroPadding before it has put around its input.
void add_padding(const LayerUse& use, bool causal_too, Line& line);

// Extents of a layer that has one axis in Keras: along time only.
std::vector<std::int64_t> widened(std::vector<std::int64_t> axes);
// Which of ours (t, h, w, c) is this axis of a value of so many; Keras counts the batch as axis 0, and
// negative ones from the end. Empty where there is none.
std::string axis_letter(const Json& axis, int rank);
bool is_channel_axis(const Json& axis, int rank);

using Converter = Value (*)(const LayerUse&, std::vector<Line>&);

// Convolutions, poolings, padding and cropping.
const std::map<std::string, Converter>& window_converters();
// LSTM, GRU, ConvLSTM2D and Bidirectional.
const std::map<std::string, Converter>& recurrent_converters();
// Joins, and calls of TensorFlow's own, by Keras' class.
const std::map<std::string, Converter>& joining_converters();
// EinsumDense, as far as it is one number a channel.
const std::map<std::string, Converter>& einsum_converters();
// Attention and MultiHeadAttention.
const std::map<std::string, Converter>& attention_converters();

}  // namespace actionflow::keras
