#include "models/formats/hdf5/hdf5_answer.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "models/formats/safetensors/safetensors.h"

namespace actionflow {
namespace {

constexpr const char* kWhole = "whole";

std::string number(std::size_t i) { return fmt::format("{:06}", i); }

}  // namespace

void write_hdf5_answer(const KerasFile& content, const std::function<void(std::string_view)>& write) {
  SafetensorsContent stream;
  stream.metadata["model_config"] = content.model_config;
  stream.metadata["keras_version"] = content.keras_version;
  stream.metadata["whole"] = content.whole ? kWhole : "";
  for (std::size_t i = 0; i < content.weights.size(); ++i) {
    stream.metadata["layer." + number(i)] = content.weights[i].layer;
    stream.metadata["name." + number(i)] = content.weights[i].name;
    stream.tensors[number(i)] = &content.weights[i].value;
  }
  write_safetensors(stream, write);
}

KerasFile read_hdf5_answer(std::string_view bytes, const std::string& file) {
  SafetensorsFile stream = parse_safetensors(bytes, file);
  const auto text = [&](const std::string& key) {
    const auto found = stream.metadata.find(key);
    if (found == stream.metadata.end())
      throw ModelError(fmt::format("{}: damaged: '{}' is missing", file, key));
    return std::move(found->second);
  };
  KerasFile content;
  content.model_config = text("model_config");
  content.keras_version = text("keras_version");
  content.whole = text("whole") == kWhole;
  for (std::size_t i = 0; i < stream.tensors.size(); ++i) {
    const auto tensor = stream.tensors.find(number(i));
    if (tensor == stream.tensors.end())
      throw ModelError(fmt::format("{}: damaged: tensor {} is missing", file, i));
    content.weights.push_back(
        {text("layer." + number(i)), text("name." + number(i)), std::move(tensor->second)});
  }
  return content;
}

}  // namespace actionflow
