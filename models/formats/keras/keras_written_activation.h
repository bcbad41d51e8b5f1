// What Keras 3 calls our activations. Used by keras_writer.cpp.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "models/graph/operation.h"

namespace actionflow {

// A function's name, as `activation=` takes it; empty where Keras has none with these parameters.
std::string keras_function_of(const Activation& activation);

// A layer's class, or the operation Gelu, and its settings; no class where Keras has none.
std::pair<std::string, nlohmann::ordered_json> keras_layer_of(const Activation& activation);

}  // namespace actionflow
