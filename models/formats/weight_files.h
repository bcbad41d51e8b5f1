// Weight files: our own safetensors, and foreign formats.
//
// Our own file's header holds the network's description (kModelKey, the YAML text), so a weights file
// is a network, what its answers are made with (kCalibrationKey, where it was calibrated), and a checksum of
// all its bytes. The header rules over a model file beside it. Tensors whose names begin with "optimizer." or
// "ema." are training's and not part of the network.
//
// Foreign: HDF5 of Keras 2 and 3, whatever its suffix (read by a child process, see formats/hdf5_child.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/description/architecture.h"
#include "models/weights/calibration.h"
#include "models/weights/weights.h"

namespace actionflow {

inline constexpr std::string_view kModelKey = "actionflow.model";
inline constexpr std::string_view kCalibrationKey = "actionflow.calibration";
inline constexpr std::string_view kFormatKey = "actionflow.format";
inline constexpr int kFormatVersion = 1;

// A network with its weights, as a file holds it.
struct Model {
  Architecture architecture;
  Weights weights;
  std::optional<Calibration> calibration = {};
};

// Reads any format, by content. `architecture`: the model file named beside it, if any; where the
// file holds an architecture too and they differ, ModelError. Input form and classes are the header's
// in our own files; Keras knows neither, so there the model file's count. Throws ModelError for a
// damaged file, weights that do not fit, or a file without an architecture when none is given.
Model load_model(const std::filesystem::path& weights, const Architecture* architecture = nullptr);

// Written beside, synced, renamed. The suffix decides the format (.safetensors); another is a UsageError.
void save_model(const Model& model, const std::filesystem::path& file);

// The header of a weights file of ours for this network.
std::map<std::string, std::string> model_metadata(const Architecture& architecture);

struct Conversion {
  std::optional<std::filesystem::path> model_file;  // beside OUT: written, or equal to what stood there
  std::vector<std::string> notes;                   // for a person to read
};

// `convert IN OUT [--model]`. Without a model file, the architecture that IN holds is written beside OUT
// as YAML; an IN without one is a ModelError, and where another YAML file stands there already, which a
// person may have edited, nothing is written: UsageError.
Conversion convert_weights(const std::filesystem::path& in, const std::filesystem::path& out,
                           const std::optional<std::filesystem::path>& model_file = {});

}  // namespace actionflow
