// Keras' JSON as a list of layers in the order of computing, before any of them is understood. Used by
// keras_config.cpp.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/formats/keras/keras_settings.h"

namespace actionflow::keras {

struct NetworkLayer {
  std::string name;  // Keras'
  std::string class_name;
  const Json* config = nullptr;     // inside Network::json
  std::vector<std::string> inputs;  // names of layers; empty: the network's input
  Json call = Json::object();       // further arguments of the call
  bool in_time = false;             // of a model within a TimeDistributed: of each sample by itself
};

struct Network {
  Json json;
  int version = kUnknownVersion;                   // of the Keras that wrote it
  std::vector<NetworkLayer> layers;                // every input comes first; the last gives the result
  std::vector<std::optional<std::int64_t>> input;  // extents without the batch; open ones are empty
};

// Where .weights.h5 has each layer's weights, "layers/conv3d_1/layers/dense", and the layer's name as
// read_network() has it.
std::map<std::string, std::string> weight_groups(const std::string& model_config, const std::string& file);

// A sequential network, or a functional one of one input and one output; models within it are taken apart,
// and their layers called "outer/inner". `version`: what the file says of the Keras that wrote it ("2.15.0");
// where it says nothing, the description's own form tells 2 and 3 apart, if anything does. Throws ModelError.
Network read_network(const std::string& model_config, const std::string& version, const std::string& file);

}  // namespace actionflow::keras
