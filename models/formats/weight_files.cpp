#include "models/formats/weight_files.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/remote/local_copy.h"
#include "models/formats/names/name_map.h"

namespace actionflow {
namespace {

void write_checked(const Model& model, const std::filesystem::path& file, const WriteOptions& options = {}) {
  const WeightFormat& format = weight_format_to_write(file);
  check_weights(model.architecture, model.weights, file.string());
  format.write(model, file, options);
}

const Parameter* find_parameter(const Architecture& architecture, const std::string& name) {
  for (const LayerInfo& layer : architecture.layers) {
    for (const Parameter& parameter : layer.parameters) {
      if (parameter.name == name) return &parameter;
    }
  }
  return nullptr;
}

// A file on a server is read where it is copied to.
std::filesystem::path local_weights(const std::filesystem::path& named) {
  try {
    return local_copy(named);
  } catch (const SourceError& error) {
    throw ModelError(error.what());
  }
}

// A file that describes its network for pictures, as the one for clips, or the other way.
void change_described(FileModel& read, const Architecture& other, TimeChange change) {
  for (auto& [name, tensor] : read.model.weights.tensors) {
    const Parameter* const parameter = find_parameter(other, name);
    if (parameter != nullptr && differs_in_time(tensor.shape(), parameter->shape, change))
      tensor = changed_in_time(tensor, parameter->shape, change);
  }
  read.model.architecture = other;
  read.description.reset();
}

FileModel read_checked(const std::filesystem::path& named, const ReadOptions& options) {
  const std::filesystem::path file = local_weights(named);
  FileModel read = weight_format_of(file).read(file, options);
  if (options.time_change && read.description)
    change_described(read, *options.architecture, *options.time_change);
  check_weights(read.model.architecture, read.model.weights, file.string());
  return read;
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

// What the file left open, for the person who reads the model file that was made of it.
std::vector<std::string> open_questions(const FileDescription& description, const std::filesystem::path& in,
                                        const std::filesystem::path& model_file) {
  std::vector<std::string> notes;
  if (!description.says_input_form) {
    notes.push_back(
        fmt::format("{} does not say how its pictures were prepared: check frame_rate, color, "
                    "range, mean, std and resize in {}, then convert again with --model",
                    weight_format_of(in).name, model_file.string()));
  }
  if (description.open_extents) {
    notes.push_back(fmt::format("{} leaves frames, height or width open: check these too", in.string()));
  }
  return notes;
}

// Beside OUT, where no model file was named.
void write_model_file(const FileModel& read, const std::filesystem::path& in,
                      const std::filesystem::path& out, const WriteOptions& options, Conversion& conversion) {
  const std::filesystem::path beside = std::filesystem::path(out).replace_extension(".yaml");
  const bool stands = std::filesystem::exists(beside);
  if (stands) refuse_edited(beside, read.description->yaml);
  write_checked(read.model, out, options);
  if (!stands) replace_file(beside, read.description->yaml);
  conversion.model_file = beside;
  const std::vector<std::string> open = open_questions(*read.description, in, beside);
  conversion.notes.insert(conversion.notes.end(), open.begin(), open.end());
}

}  // namespace

Model load_model(const std::filesystem::path& weights, const Architecture* architecture) {
  return read_checked(weights, {.architecture = architecture}).model;
}

FittingWeights load_fitting_weights(const std::filesystem::path& named, const Architecture& architecture) {
  const std::filesystem::path weights = local_weights(named);
  FileModel read = weight_format_of(weights).read(weights, {.architecture = &architecture, .partly = true});
  if (read.description) check_weights(read.model.architecture, read.model.weights, weights.string());
  FittingWeights fitting;
  fitting.other_shapes = std::move(read.other_shapes);
  fitting.unused = std::move(read.unused);
  if (read.description && read.model.architecture.names_classes())
    fitting.classes = read.model.architecture.classes;
  for (auto& [name, tensor] : read.model.weights.tensors) {
    const Parameter* const parameter = find_parameter(architecture, name);
    if (parameter == nullptr) {
      fitting.unused.push_back(name);
    } else if (parameter->shape != tensor.shape()) {
      fitting.other_shapes.emplace(name, tensor.shape());
    } else {
      fitting.tensors.emplace(name, std::move(tensor));
    }
  }
  return fitting;
}

FileContents look_into(const std::filesystem::path& named) {
  const std::filesystem::path file = local_weights(named);
  const WeightFormat& format = weight_format_of(file);
  FileContents contents{.format = std::string(format.name), .model = {}, .tensors = {}};
  try {
    contents.model = read_checked(file, {}).model;
  } catch (const NoArchitectureError&) {
    if (format.list == nullptr) throw;
    contents.tensors = format.list(file);
  }
  return contents;
}

void save_model(const Model& model, const std::filesystem::path& file) { write_checked(model, file); }

Conversion convert_weights(const std::filesystem::path& named, const std::filesystem::path& out,
                           const ConvertOptions& options) {
  weight_format_to_write(out);
  if (options.time_change && !options.model_file)
    throw UsageError("--inflate and --frame need --model, the network that the weights become");
  const std::filesystem::path in = local_weights(named);
  std::optional<Architecture> given;
  if (options.model_file) given = load_architecture(*options.model_file);
  NameMap names;
  if (options.name_map && given) names = load_name_map(*options.name_map, *given);
  const FileModel read = read_checked(
      in, {.architecture = given ? &*given : nullptr, .time_change = options.time_change, .names = &names});
  Conversion conversion{.model_file = {}, .notes = read.notes};
  const bool named_out = options.name_map && read.description;
  if (named_out) names = load_name_map(*options.name_map, read.model.architecture);
  const NameMap by_rules;
  const WriteOptions writing{.names = named_out ? &names : options.torch_names ? &by_rules : nullptr};
  if (given) {
    write_checked(read.model, out, writing);
  } else {
    write_model_file(read, in, out, writing, conversion);
  }
  return conversion;
}

}  // namespace actionflow
