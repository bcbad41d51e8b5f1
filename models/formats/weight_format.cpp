#include "models/formats/weight_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "models/graph/same_function.h"

namespace actionflow {
namespace {

constexpr std::size_t kHeadBytes = 64;
constexpr std::string_view kZipSignature("PK\x03\x04", 4);

FileHead read_head(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::error_code error;
  const bool folder = std::filesystem::is_directory(file, error);
  if (!stream || folder) {
    throw ModelError(fmt::format("{}: cannot be opened: {}", file.string(),
                                 std::generic_category().message(folder ? EISDIR : errno)));
  }
  FileHead head{.path = file, .bytes = std::string(kHeadBytes, '\0'), .size = 0};
  stream.read(head.bytes.data(), static_cast<std::streamsize>(head.bytes.size()));
  head.bytes.resize(static_cast<std::size_t>(stream.gcount()));
  head.size = std::filesystem::file_size(file, error);
  return head;
}

bool has_suffix(const WeightFormat& format, const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  return std::any_of(format.suffixes.begin(), format.suffixes.end(),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

// "a, b or c"
std::string alternatives(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

std::string names_of_formats() {
  std::vector<std::string_view> names;
  for (const WeightFormat& format : weight_formats()) names.push_back(format.name);
  return alternatives(names);
}

std::string suffixes_to_write() {
  std::vector<std::string_view> suffixes;
  for (const WeightFormat& format : weight_formats()) {
    if (format.write != nullptr)
      suffixes.insert(suffixes.end(), format.suffixes.begin(), format.suffixes.end());
  }
  return alternatives(suffixes);
}

}  // namespace

const std::vector<WeightFormat>& weight_formats() {
  static const std::vector<WeightFormat> formats{safetensors_format(),   sharded_safetensors_format(),
                                                 keras_hdf5_format(),    keras_archive_format(),
                                                 keras_weights_format(), torch_format(),
                                                 onnx_format()};
  return formats;
}

const WeightFormat& weight_format_of(const std::filesystem::path& file) {
  const FileHead head = read_head(file);
  for (const WeightFormat& format : weight_formats()) {
    if (format.recognises(head)) return format;
  }
  for (const WeightFormat& format : weight_formats()) {
    if (has_suffix(format, file)) return format;  // whose reader says what is wrong with it
  }
  if (head.bytes.starts_with(kZipSignature))
    throw ModelError(fmt::format("{}: is a zip archive, but neither PyTorch's nor Keras'", file.string()));
  throw ModelError(fmt::format("{}: is no weights file that is known here: expected {}", file.string(),
                               names_of_formats()));
}

const WeightFormat& weight_format_to_write(const std::filesystem::path& file) {
  for (const WeightFormat& format : weight_formats()) {
    if (format.write != nullptr && has_suffix(format, file)) return format;
  }
  throw UsageError(
      fmt::format("{}: weights are written as {}, by the suffix", file.string(), suffixes_to_write()));
}

Architecture parse_held_architecture(const std::string& yaml, const std::string& file) {
  try {
    return parse_architecture(yaml, file);
  } catch (const config::ConfigError& error) {
    throw ModelError(
        fmt::format("{}: the network's description in the file is wrong:\n{}", file, error.what()));
  }
}

void refuse_other_network(const Architecture& held, const Architecture& named, const std::string& file) {
  const std::string difference = function_difference(held.graph, named.graph);
  if (difference.empty()) return;
  throw ModelError(fmt::format("{}: holds another network than '{}': {}", file, named.name, difference));
}

}  // namespace actionflow
