#include "models/formats/safetensors/model_file.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
#include "base/files/mapped_file.h"
#include "models/formats/named_model.h"
#include "models/formats/safetensors/safetensors.h"
#include "models/formats/weight_format.h"
#include "models/graph/reserved_names.h"

namespace actionflow {
namespace {

void check_format(const SafetensorsFile& file, const std::string& name) {
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

FileModel read_own(const std::filesystem::path& path, const ReadOptions& options) {
  const std::string name = path.string();
  SafetensorsFile file = read_safetensors(path);
  std::erase_if(file.tensors, [](const auto& entry) { return belongs_to_training(entry.first); });
  check_format(file, name);
  Architecture architecture = parse_held_architecture(file.metadata.at(std::string(kModelKey)), name);
  if (options.architecture != nullptr && !options.takes_other_networks())
    refuse_other_network(architecture, *options.architecture, name);
  FileModel result;
  result.description = FileDescription{.yaml = architecture.yaml, .says_input_form = true};
  result.model = {std::move(architecture), {std::move(file.tensors)}};
  if (const auto json = file.metadata.find(std::string(kCalibrationKey)); json != file.metadata.end())
    result.model.calibration = parse_calibration(json->second, result.model.architecture.classes, name);
  if (const auto json = file.metadata.find(std::string(kQuantizationKey)); json != file.metadata.end())
    result.model.weights.quantization =
        parse_quantization(json->second, result.model.architecture.graph, name);
  return result;
}

// Ours by the header; another program's by its tensors' names.
FileModel read_safetensors_model(const std::filesystem::path& path, const ReadOptions& options) {
  const MappedFile file(path);
  SafetensorsView view = view_safetensors(file.bytes(), path.string());
  if (view.metadata.contains(std::string(kModelKey))) return read_own(path, options);
  std::erase_if(view.tensors, [](const StoredTensor& tensor) { return belongs_to_training(tensor.name); });
  return model_of_tensors(view.tensors, options, path.string(), {&file, 1});
}

std::vector<ListedTensor> list_safetensors(const std::filesystem::path& path) {
  const MappedFile file(path);
  return listed_tensors(view_safetensors(file.bytes(), path.string()).tensors);
}

void write_own(const Model& model, const std::filesystem::path& file) {
  SafetensorsContent content{.metadata = model_metadata(model.architecture), .tensors = {}};
  if (model.calibration) content.metadata.emplace(kCalibrationKey, print_calibration(*model.calibration));
  if (model.weights.quantization)
    content.metadata.emplace(kQuantizationKey, print_quantization(*model.weights.quantization));
  for (const auto& [name, tensor] : model.weights.tensors) content.tensors.emplace(name, &tensor);
  write_safetensors(content, file);
}

// For PyTorch: its names, without our description. "format" is what its tools ask for.
void write_for_torch(const Model& model, const std::filesystem::path& file, const NameMap& names) {
  const auto weights = torch_weights(model, &names);
  SafetensorsContent content{.metadata = {{"format", "pt"}}, .tensors = {}};
  for (const auto& [name, tensor] : weights) content.tensors.emplace(name, &tensor);
  write_safetensors(content, file);
}

void write_safetensors_model(const Model& model, const std::filesystem::path& file,
                             const WriteOptions& options) {
  if (options.names == nullptr) return write_own(model, file);
  write_for_torch(model, file, *options.names);
}

bool recognises_safetensors(const FileHead& head) { return looks_like_safetensors(head.bytes, head.size); }

}  // namespace

std::map<std::string, std::string> model_metadata(const Architecture& architecture) {
  return {{std::string(kModelKey), architecture.yaml},
          {std::string(kFormatKey), std::to_string(kFormatVersion)}};
}

WeightFormat safetensors_format() {
  return {.name = "safetensors",
          .suffixes = {".safetensors"},
          .recognises = recognises_safetensors,
          .read = read_safetensors_model,
          .write = write_safetensors_model,
          .list = list_safetensors};
}

}  // namespace actionflow
