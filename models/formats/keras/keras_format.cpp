#include <string_view>
#include <utility>

#include "base/error.h"
#include "models/formats/hdf5/hdf5_child.h"
#include "models/formats/keras/keras_config.h"
#include "models/formats/keras/keras_hdf5.h"
#include "models/formats/weight_format.h"

namespace actionflow {
namespace {

constexpr std::string_view kHdf5Signature("\x89HDF\r\n\x1a\n", 8);

std::uint64_t parameter_bytes(const Architecture& architecture) {
  std::uint64_t values = 0;
  for (const LayerInfo& layer : architecture.layers) {
    for (const Parameter& parameter : layer.parameters)
      values += static_cast<std::uint64_t>(element_count(parameter.shape));
  }
  return values * sizeof(float);
}

bool is_hdf5(const FileHead& head) { return head.bytes.starts_with(kHdf5Signature); }

KerasDescription describe(const KerasFile& file, const Architecture* named, const std::string& name) {
  KerasOpenExtents open;
  if (named != nullptr) open = {named->input.frames, named->input.height, named->input.width};
  return describe_keras(file.model_config, file.keras_version, name, open);
}

// The input form is the model file's where one is named: Keras knows none. Where another network will
// do and the two differ, the file's own counts.
Architecture choose_architecture(const std::optional<FileDescription>& described, const ReadOptions& options,
                                 const std::string& name) {
  if (!described) return *options.architecture;
  Architecture held = parse_held_architecture(described->yaml, name);
  if (options.architecture == nullptr) return held;
  try {
    refuse_other_network(held, *options.architecture, name);
  } catch (const ModelError&) {
    if (!options.takes_other_networks()) throw;
    return held;
  }
  return *options.architecture;
}

FileModel read_keras_hdf5(const std::filesystem::path& path, const ReadOptions& options) {
  const std::string name = path.string();
  KerasFile file = read_keras_file(path);
  if (file.model_config.empty() && options.architecture == nullptr) throw NoArchitectureError(name);
  FileModel result;
  if (!file.model_config.empty()) {
    const KerasDescription described = describe(file, options.architecture, name);
    result.description = FileDescription{.yaml = described.yaml, .open_extents = described.open_input};
  }
  result.model.architecture = choose_architecture(result.description, options, name);
  const Architecture& architecture = result.model.architecture;
  if (!file.whole) file = read_keras_file(path, parameter_bytes(architecture));
  result.model.weights = weights_from_keras(std::move(file), architecture, name);
  return result;
}

}  // namespace

WeightFormat keras_hdf5_format() {
  return {.name = "Keras HDF5", .suffixes = {".h5", ".hdf5"}, .recognises = is_hdf5, .read = read_keras_hdf5};
}

}  // namespace actionflow
