#include "models/formats/weight_files.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "base/atomic_file.h"
#include "base/error.h"
#include "models/formats/weight_format.h"

namespace actionflow {
namespace {

FileModel read_checked(const std::filesystem::path& file, const Architecture* architecture) {
  FileModel read = weight_format_of(file).read(file, {.architecture = architecture});
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

}  // namespace

Model load_model(const std::filesystem::path& weights, const Architecture* architecture) {
  return read_checked(weights, architecture).model;
}

Weights load_tensors(const std::filesystem::path& weights, const Architecture& architecture) {
  FileModel read = weight_format_of(weights).read(weights, {.architecture = &architecture, .partly = true});
  if (read.description) check_weights(read.model.architecture, read.model.weights, weights.string());
  return std::move(read.model.weights);
}

void save_model(const Model& model, const std::filesystem::path& file) {
  const WeightFormat& format = weight_format_to_write(file);
  check_weights(model.architecture, model.weights, file.string());
  format.write(model, file);
}

Conversion convert_weights(const std::filesystem::path& in, const std::filesystem::path& out,
                           const std::optional<std::filesystem::path>& model_file) {
  weight_format_to_write(out);
  std::optional<Architecture> given;
  if (model_file) given = load_architecture(*model_file);
  const FileModel read = read_checked(in, given ? &*given : nullptr);
  Conversion conversion{.model_file = {}, .notes = read.notes};
  if (given) {
    save_model(read.model, out);
    return conversion;
  }
  const std::filesystem::path beside = std::filesystem::path(out).replace_extension(".yaml");
  const bool stands = std::filesystem::exists(beside);
  if (stands) refuse_edited(beside, read.description->yaml);
  save_model(read.model, out);
  if (!stands) replace_file(beside, read.description->yaml);
  conversion.model_file = beside;
  const std::vector<std::string> open = open_questions(*read.description, in, beside);
  conversion.notes.insert(conversion.notes.end(), open.begin(), open.end());
  return conversion;
}

}  // namespace actionflow
