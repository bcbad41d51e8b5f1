// Weight files: our own safetensors, and foreign formats.
//
// Our own file's header holds the network's description (key "actionflow.model", the YAML text), so
// a weights file is a network. The header rules over a model file beside it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "models/architecture.h"
#include "models/weights.h"

namespace actionflow {

// A network with its weights, as a file holds it.
struct Model {
  Architecture architecture;
  Weights weights;
};

// Reads any format, by content. `architecture`: the model file named beside it, if any; where the
// file holds an architecture too and they differ, ModelError. Throws ModelError for a damaged file
// or weights that do not fit.
Model load_model(const std::filesystem::path& weights, const Architecture* architecture = nullptr);

// Written beside, synced, renamed. The suffix decides the format.
void save_model(const Model& model, const std::filesystem::path& file);

}  // namespace actionflow
