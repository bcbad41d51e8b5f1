// What Keras' activations are among our layers. Used by the files of kinds of layers beside it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/formats/keras/keras_layer_parts.h"

namespace actionflow::keras {

// A layer of ours with its options; without any it is an `activation:` of other layers by this name.
struct ActivationStep {
  std::string layer;
  std::vector<std::pair<std::string, std::string>> options;
  bool operator==(const ActivationStep&) const = default;
};
// One after another; none: the linear one.
using Activation = std::vector<ActivationStep>;

Activation read_activation(const LayerUse& use, const Settings& settings, const std::string& key,
                           const std::string& otherwise);
// Appends the line with the layer's activation: as an option, or as lines behind it where an option cannot
// say it.
Value append_activated(const LayerUse& use, std::vector<Line>& lines, Line line, Value result);
// A call of TensorFlow's function in a functional network of Keras 2, "nn.relu6"; nothing where it is no
// activation.
std::optional<Value> append_function(const LayerUse& use, std::vector<Line>& lines, const std::string& name);

// Layers that are activations, and Keras 3's operations, by Keras' class.
const std::map<std::string, Converter>& activation_converters();

}  // namespace actionflow::keras
