// Files of weights, of any format that models/formats/weight_format.h lists: loading, saving, converting.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/weights/model.h"

namespace actionflow {

// Reads any format, by content. `architecture`: the model file named beside it, if any; where the
// file holds an architecture too and they differ, ModelError. Input form and classes are the header's
// in our own files; where a format knows neither, the model file's count. Throws ModelError for a
// damaged file, weights that do not fit, or a file without an architecture when none is given.
Model load_model(const std::filesystem::path& weights, const Architecture* architecture = nullptr);

// The tensors of a file whose network may differ from `architecture`: those that belong to it under its
// names, in whatever shape the file has them, the others under the file's own names. Throws ModelError for a
// damaged file.
Weights load_tensors(const std::filesystem::path& weights, const Architecture& architecture);

// Written beside, synced, renamed. The suffix decides the format; an unknown one is a UsageError.
void save_model(const Model& model, const std::filesystem::path& file);

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
