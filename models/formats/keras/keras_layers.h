// One layer of Keras as layers of a model file. Used by keras_config.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/description/model_lines.h"
#include "models/formats/keras/keras_settings.h"

namespace actionflow::keras {

// What a layer gives: `rank` says what Keras' axes (without the batch) mean here.
//   4: T,H,W,C   3: H,W,C   2: T,C   1: C
struct Value {
  std::string layer = {};  // that gives it, by its name in the model file; kInputName for the clip
  int rank = 4;
  std::int64_t channels = 0;  // 0 where it is not followed
  bool classes = false;       // its channels can be the classes: `dense` and what keeps its channels
  bool one_position = false;  // all of its axes but the channels are 1, as far as that is followed
  // Its samples stand from the layer's last to its first, as no layer of ours holds them yet.
  bool reversed = false;
  bool non_negative = false;  // comes from a ReLU: zeros around it are what a max pooling pads with
  // Zeros around it that no layer of ours holds yet, before and after each of Keras' axes but the channels,
  // and the layer that put them there, for messages. Empty for none.
  std::vector<std::array<std::int64_t, 2>> padding = {};
  std::string padded_by = {};
};

using Line = ModelLine;

struct LayerUse {
  std::string name;        // in the model file
  std::string class_name;  // Keras'
  const Settings& settings;
  const std::vector<Value>& inputs;
  const Json& call;      // further arguments of the call, an object
  int version;           // of the Keras that wrote the file: 1, 2, 3 or kUnknownVersion
  bool in_time = false;  // the layer sees one sample, without the axis of time
};

// The value with its samples in the order of a layer: a line that reverses them is appended where need be.
Value in_its_order(Value value, std::vector<Line>& lines);

// The layer that one direction of a Bidirectional becomes where the two differ.
std::string direction_name(const std::string& layer, const std::string& direction);
// The layer that the kernel of an EinsumDense with a bias becomes.
std::string scale_name(const std::string& layer);

// Appends the layer's lines, none where it computes nothing, and returns its value.
Value convert_layer(const LayerUse& use, std::vector<Line>& lines);

}  // namespace actionflow::keras
