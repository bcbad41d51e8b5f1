// Files of weights, on the disk or at an address (base/remote/local_copy.h), of any format that
// models/formats/weight_format.h lists: loading, saving, converting.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/formats/weight_format.h"
#include "models/weights/model.h"

namespace actionflow {

// Reads any format, by content. `architecture`: the model file named beside it, if any; where the
// file holds an architecture too and they differ, ModelError. Input form and classes are the header's
// in our own files; where a format knows neither, the model file's count. Throws ModelError for a
// damaged file, weights that do not fit, or a file without an architecture when none is given.
Model load_model(const std::filesystem::path& weights, const Architecture* architecture = nullptr);

// What a file, whose network may be another, has for this one.
struct FittingWeights {
  std::map<std::string, Tensor> tensors;      // by our names, of the network's shapes
  std::map<std::string, Shape> other_shapes;  // ours whose tensor there has another shape
  std::vector<std::string> unused;            // the file's
  std::vector<std::string> classes;           // the file's, where it names them
};
// Throws ModelError for a damaged file.
FittingWeights load_fitting_weights(const std::filesystem::path& weights, const Architecture& architecture);

// What stands in a file whose network nobody named.
struct FileContents {
  std::string format;                 // "PyTorch"
  std::optional<Model> model;         // where the file describes its network
  std::vector<ListedTensor> tensors;  // else
};
FileContents look_into(const std::filesystem::path& file);

// Written beside, synced, renamed. The suffix decides the format; an unknown one is a UsageError.
void save_model(const Model& model, const std::filesystem::path& file);

struct ConvertOptions {
  std::optional<std::filesystem::path> model_file = {};
  // Tensors' names on the side that is not ours: PyTorch's by its rules, or as a file of names has them
  // (models/formats/names/name_map.h). In OUT, unless IN is without a description and is named so.
  bool torch_names = false;
  std::optional<std::filesystem::path> name_map = {};
  // IN is of a network for pictures, the model file of one for clips whose layers are called alike.
  std::optional<TimeChange> time_change = {};
};

struct Conversion {
  std::optional<std::filesystem::path> model_file;  // beside OUT: written, or equal to what stood there
  std::vector<std::string> notes;                   // for a person to read
};

// `convert IN OUT`. Without a model file, the architecture that IN holds is written beside OUT as YAML; an IN
// without one is a ModelError, and where another YAML file stands there already, which a person may have
// edited, nothing is written: UsageError.
Conversion convert_weights(const std::filesystem::path& in, const std::filesystem::path& out,
                           const ConvertOptions& options = {});

}  // namespace actionflow
