#include <functional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/files/mapped_file.h"
#include "models/formats/hdf5/hdf5_child.h"
#include "models/formats/keras/keras_archive.h"
#include "models/formats/keras/keras_config.h"
#include "models/formats/keras/keras_hdf5.h"
#include "models/formats/keras/keras_writer.h"
#include "models/formats/weight_format.h"
#include "models/formats/zip/zip_directory.h"

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

// `again` reads the file anew, now that the size of the network's parameters is known.
FileModel model_of(KerasFile file, const std::function<KerasFile(std::uint64_t)>& again,
                   const ReadOptions& options, const std::string& name) {
  if (file.model_config.empty() && options.architecture == nullptr) throw NoArchitectureError(name);
  FileModel result;
  if (!file.model_config.empty()) {
    const KerasDescription described = describe(file, options.architecture, name);
    result.description = FileDescription{.yaml = described.yaml, .open_extents = described.open_input};
  }
  result.model.architecture = choose_architecture(result.description, options, name);
  const Architecture& architecture = result.model.architecture;
  if (!file.whole) file = again(parameter_bytes(architecture));
  result.model.weights = weights_from_keras(std::move(file), architecture, name);
  return result;
}

FileModel read_keras_hdf5(const std::filesystem::path& path, const ReadOptions& options) {
  const auto again = [&](std::uint64_t bytes) { return read_keras_file(path, bytes); };
  return model_of(read_keras_file(path), again, options, path.string());
}

bool recognises_archive(const FileHead& head) {
  if (!head.bytes.starts_with(kZipSignature)) return false;
  const MappedFile file(head.path);
  try {
    return is_keras_archive(file.bytes());
  } catch (const ModelError&) {
    return false;  // a damaged archive tells by its suffix what it was
  }
}

FileModel read_keras_archive(const std::filesystem::path& path, const ReadOptions& options) {
  const KerasArchive archive(path);
  const auto again = [&](std::uint64_t bytes) { return archive.read(bytes); };
  return model_of(archive.read(), again, options, path.string());
}

}  // namespace

WeightFormat keras_hdf5_format() {
  return {.name = "Keras HDF5", .suffixes = {".h5", ".hdf5"}, .recognises = is_hdf5, .read = read_keras_hdf5};
}

WeightFormat keras_archive_format() {
  return {.name = "Keras archive",
          .suffixes = {".keras"},
          .recognises = recognises_archive,
          .read = read_keras_archive,
          .write = [](const Model& model, const std::filesystem::path& file, const WriteOptions&) {
            write_keras_archive(model, file);
          }};
}

// Read as the HDF5 that they are; only what is written is another form.
WeightFormat keras_weights_format() {
  return {.name = "Keras weights",
          .suffixes = {".weights.h5"},
          .recognises = [](const FileHead&) { return false; },
          .read = read_keras_hdf5,
          .write = [](const Model& model, const std::filesystem::path& file,
                      const WriteOptions&) { write_keras_weights(model, file); }};
}

}  // namespace actionflow
