#include "models/formats/weight_files.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "models/formats/keras_config.h"
#include "models/formats/keras_hdf5.h"
#include "models/formats/safetensors.h"
#include "models/graph/reserved_names.h"
#include "models/graph/same_function.h"

namespace actionflow {
namespace {

enum class Format { safetensors, keras_hdf5 };

constexpr std::string_view kHdf5Signature("\x89HDF\r\n\x1a\n", 8);
constexpr std::string_view kZipSignature("PK\x03\x04", 4);

Format recognise(const std::filesystem::path& file) {
  const std::string name = file.string();
  std::ifstream stream(file, std::ios::binary);
  std::error_code error;
  const bool folder = std::filesystem::is_directory(file, error);
  if (!stream || folder) {
    throw ModelError(fmt::format("{}: cannot be opened: {}", name,
                                 std::generic_category().message(folder ? EISDIR : errno)));
  }
  std::string head(16, '\0');
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(stream.gcount()));
  if (head.starts_with(kHdf5Signature)) return Format::keras_hdf5;
  if (head.starts_with(kZipSignature)) {
    throw ModelError(
        fmt::format("{}: is a zip archive, as Keras 3 and PyTorch write them, which is not read; Keras' "
                    "own HDF5 is (save it as .h5)",
                    name));
  }
  if (looks_like_safetensors(head, std::filesystem::file_size(file, error))) return Format::safetensors;
  const std::string suffix = file.extension().string();
  if (suffix == ".safetensors") return Format::safetensors;  // whose reader says what is wrong with it
  throw ModelError(
      fmt::format("{}: is no weights file that is known here: expected safetensors or Keras HDF5{}", name,
                  suffix == ".h5" || suffix == ".hdf5" || suffix == ".keras" ? " (damaged?)" : ""));
}

// A description inside a weights file is that file's fault where it is wrong.
Architecture parse_held(const std::string& yaml, const std::string& name) {
  try {
    return parse_architecture(yaml, name);
  } catch (const config::ConfigError& error) {
    throw ModelError(
        fmt::format("{}: the network's description in the file is wrong:\n{}", name, error.what()));
  }
}

void refuse_other_function(const Architecture& held, const Architecture& given, const std::string& name) {
  const std::string difference = function_difference(held.graph, given.graph);
  if (difference.empty()) return;
  throw ModelError(fmt::format("{}: holds another network than '{}': {}", name, given.name, difference));
}

[[noreturn]] void fail_without_model(const std::string& name) {
  throw ModelError(fmt::format("{}: holds weights only; name the network's file with --model", name));
}

// ---- our own ----

void check_format(const SafetensorsFile& file, const std::string& name) {
  if (!file.metadata.contains(std::string(kModelKey))) return;
  if (!file.metadata.contains(std::string(kChecksumKey))) {
    throw ModelError(fmt::format("{}: damaged: '{}' is missing from its header", name, kChecksumKey));
  }
  const auto format = file.metadata.find(std::string(kFormatKey));
  int version = 0;
  if (format != file.metadata.end()) {
    std::from_chars(format->second.data(), format->second.data() + format->second.size(), version);
  }
  if (version != kFormatVersion) {
    throw ModelError(fmt::format("{}: is of format {}, this program reads {}; a newer program may read it",
                                 name, format == file.metadata.end() ? "unknown" : format->second,
                                 kFormatVersion));
  }
}

Model load_own(const std::filesystem::path& path, const Architecture* given) {
  const std::string name = path.string();
  SafetensorsFile file = read_safetensors(path);
  check_format(file, name);
  const auto held = file.metadata.find(std::string(kModelKey));
  if (held == file.metadata.end() && given == nullptr) fail_without_model(name);
  Model model{.architecture = held == file.metadata.end() ? *given : parse_held(held->second, name),
              .weights = {}};
  std::erase_if(file.tensors, [](const auto& entry) { return belongs_to_training(entry.first); });
  model.weights.tensors = std::move(file.tensors);
  if (given != nullptr && held != file.metadata.end())
    refuse_other_function(model.architecture, *given, name);
  check_weights(model.architecture, model.weights, name);
  if (const auto json = file.metadata.find(std::string(kCalibrationKey)); json != file.metadata.end())
    model.calibration = parse_calibration(json->second, model.architecture.classes, name);
  return model;
}

// ---- Keras ----

struct KerasModel {
  Model model;
  std::optional<KerasDescription> description;
};

std::uint64_t parameter_bytes(const Architecture& architecture) {
  std::uint64_t values = 0;
  for (const LayerInfo& layer : architecture.layers) {
    for (const Parameter& parameter : layer.parameters)
      values += static_cast<std::uint64_t>(element_count(parameter.shape));
  }
  return values * sizeof(float);
}

KerasModel load_keras(const std::filesystem::path& path, const Architecture* given) {
  const std::string name = path.string();
  KerasFile file = read_keras_file(path);
  if (file.model_config.empty() && given == nullptr) fail_without_model(name);
  KerasModel result;
  if (!file.model_config.empty()) {
    KerasOpenExtents open;
    if (given != nullptr) open = {given->input.frames, given->input.height, given->input.width};
    result.description = describe_keras(file.model_config, file.keras_version, name, open);
    result.model.architecture = parse_held(result.description->yaml, name);
  }
  if (given != nullptr) {
    if (result.description) refuse_other_function(result.model.architecture, *given, name);
    result.model.architecture = *given;
  }
  const Architecture& architecture = result.model.architecture;
  if (!file.whole) file = read_keras_file(path, parameter_bytes(architecture));
  result.model.weights = weights_from_keras(std::move(file), architecture, name);
  return result;
}

// ---- converting ----

void refuse_unknown_suffix(const std::filesystem::path& file) {
  if (file.extension() == ".safetensors") return;
  throw UsageError(fmt::format("{}: weights are written as .safetensors only", file.string()));
}

// A person's edits are not to be lost to a second `convert`.
void refuse_edited(const std::filesystem::path& model_file, const std::string& yaml) {
  std::ifstream stream(model_file, std::ios::binary);
  const std::string standing{std::istreambuf_iterator<char>(stream), {}};
  if (stream && standing == yaml) return;
  throw UsageError(
      fmt::format("{0} stands there already and would be overwritten: convert with --model {0} "
                  "to use it, or move it away",
                  model_file.string()));
}

}  // namespace

Model load_model(const std::filesystem::path& weights, const Architecture* architecture) {
  if (recognise(weights) == Format::safetensors) return load_own(weights, architecture);
  return load_keras(weights, architecture).model;
}

std::map<std::string, std::string> model_metadata(const Architecture& architecture) {
  return {{std::string(kModelKey), architecture.yaml},
          {std::string(kFormatKey), std::to_string(kFormatVersion)}};
}

void save_model(const Model& model, const std::filesystem::path& file) {
  refuse_unknown_suffix(file);
  check_weights(model.architecture, model.weights, file.string());
  SafetensorsContent content{.metadata = model_metadata(model.architecture), .tensors = {}};
  if (model.calibration) content.metadata.emplace(kCalibrationKey, print_calibration(*model.calibration));
  for (const auto& [name, tensor] : model.weights.tensors) content.tensors.emplace(name, &tensor);
  write_safetensors(content, file);
}

Conversion convert_weights(const std::filesystem::path& in, const std::filesystem::path& out,
                           const std::optional<std::filesystem::path>& model_file) {
  refuse_unknown_suffix(out);
  std::optional<Architecture> given;
  if (model_file) given = load_architecture(*model_file);
  Conversion conversion;
  KerasModel loaded;
  if (recognise(in) == Format::keras_hdf5) {
    loaded = load_keras(in, given ? &*given : nullptr);
  } else {
    loaded.model = load_own(in, given ? &*given : nullptr);
  }
  if (given) {
    save_model(loaded.model, out);
    return conversion;
  }
  const std::string& yaml = loaded.description ? loaded.description->yaml : loaded.model.architecture.yaml;
  const std::filesystem::path beside = std::filesystem::path(out).replace_extension(".yaml");
  const bool stands = std::filesystem::exists(beside);
  if (stands) refuse_edited(beside, yaml);
  save_model(loaded.model, out);
  if (!stands) replace_file(beside, yaml);
  conversion.model_file = beside;
  if (loaded.description) {
    conversion.notes.push_back(
        fmt::format("Keras does not say how its pictures were prepared: check frame_rate, color, "
                    "range, mean, std and resize in {}, then convert again with --model",
                    conversion.model_file->string()));
    if (loaded.description->open_input) {
      conversion.notes.push_back(
          fmt::format("{} leaves frames, height or width open: check these too", in.string()));
    }
  }
  return conversion;
}

}  // namespace actionflow
