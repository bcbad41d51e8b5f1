// A network with its weights as an ONNX file, opset 17.
//
// Values are N×C×T×H×W with an open batch; a result at one position is N×C. Dropout is left out. Weights are
// called as PyTorch calls them ("conv1.weight"), and the file's metadata hold the network's description, so
// that reading it back gives the same names, classes and input form.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "models/weights/model.h"

namespace actionflow {

// Of the file's metadata: the network's description as YAML.
inline constexpr std::string_view kOnnxModelKey = "actionflow.model";

// Replaces the file atomically. Throws ModelError for an operation that ONNX' operators do not give.
void write_onnx(const Model& model, const std::filesystem::path& file);

// The file's bytes.
std::string print_onnx(const Model& model);

}  // namespace actionflow
