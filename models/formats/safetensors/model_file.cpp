#include "models/formats/safetensors/model_file.h"

#include <fmt/format.h>

#include <charconv>

#include "base/error.h"
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

// Of another program, or of an npz-like kind of use: names and tensors only.
FileModel plain_tensors(SafetensorsFile file, const ReadOptions& options, const std::string& name) {
  if (options.architecture == nullptr) fail_without_architecture(name);
  return {.model = {*options.architecture, {std::move(file.tensors)}}, .description = {}, .notes = {}};
}

FileModel read_model_file(const std::filesystem::path& path, const ReadOptions& options) {
  const std::string name = path.string();
  SafetensorsFile file = read_safetensors(path);
  std::erase_if(file.tensors, [](const auto& entry) { return belongs_to_training(entry.first); });
  const auto held = file.metadata.find(std::string(kModelKey));
  if (held == file.metadata.end()) return plain_tensors(std::move(file), options, name);
  check_format(file, name);
  Architecture architecture = parse_held_architecture(held->second, name);
  if (options.architecture != nullptr && !options.partly)
    refuse_other_network(architecture, *options.architecture, name);
  FileModel result;
  result.description = FileDescription{.yaml = architecture.yaml, .says_input_form = true};
  result.model = {std::move(architecture), {std::move(file.tensors)}};
  if (const auto json = file.metadata.find(std::string(kCalibrationKey)); json != file.metadata.end())
    result.model.calibration = parse_calibration(json->second, result.model.architecture.classes, name);
  return result;
}

void write_model_file(const Model& model, const std::filesystem::path& file) {
  SafetensorsContent content{.metadata = model_metadata(model.architecture), .tensors = {}};
  if (model.calibration) content.metadata.emplace(kCalibrationKey, print_calibration(*model.calibration));
  for (const auto& [name, tensor] : model.weights.tensors) content.tensors.emplace(name, &tensor);
  write_safetensors(content, file);
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
          .read = read_model_file,
          .write = write_model_file};
}

}  // namespace actionflow
