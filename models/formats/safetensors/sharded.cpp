// model.safetensors.index.json: which of several safetensors files beside it holds each tensor.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files/mapped_file.h"
#include "models/formats/named_model.h"
#include "models/formats/safetensors/safetensors.h"
#include "models/formats/weight_format.h"

namespace actionflow {
namespace {

constexpr std::string_view kIndexSuffix = ".safetensors.index.json";
constexpr std::size_t kMostIndexBytes = std::size_t{1} << 26U;

// Tensors by the file that holds them. Those files stand beside the index, whatever it says.
std::map<std::string, std::set<std::string>> read_index(const std::filesystem::path& path) {
  const std::string name = path.string();
  const MappedFile file(path);
  if (file.bytes().size() > kMostIndexBytes)
    throw ModelError(fmt::format("{}: {} bytes are too many for an index", name, file.bytes().size()));
  const auto json = nlohmann::json::parse(file.bytes(), nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("weight_map") ||
      !json["weight_map"].is_object())
    throw ModelError(fmt::format("{}: no index of safetensors files: it has no map 'weight_map'", name));
  std::map<std::string, std::set<std::string>> shards;
  for (const auto& [tensor, shard] : json["weight_map"].items()) {
    if (!shard.is_string()) throw ModelError(fmt::format("{}: '{}' stands in no file", name, tensor));
    const std::filesystem::path held(shard.get<std::string>());
    if (held.empty() || held != held.filename() || held == "." || held == "..")
      throw ModelError(
          fmt::format("{}: '{}' is not the name of a file beside the index", name, held.string()));
    shards[held.string()].insert(tensor);
  }
  return shards;
}

struct Shards {
  std::vector<MappedFile> files;
  std::vector<StoredTensor> tensors;
};

Shards open_shards(const std::filesystem::path& index) {
  Shards shards;
  for (const auto& [name, wanted] : read_index(index)) {
    const std::filesystem::path path = index.parent_path() / name;
    const MappedFile& file = shards.files.emplace_back(path);
    std::size_t found = 0;
    for (StoredTensor& tensor : view_safetensors(file.bytes(), path.string()).tensors) {
      if (!wanted.contains(tensor.name)) continue;
      ++found;
      shards.tensors.push_back(std::move(tensor));
    }
    if (found != wanted.size()) {
      throw ModelError(fmt::format("{}: holds {} of the {} tensors that {} says are in it", path.string(),
                                   found, wanted.size(), index.string()));
    }
  }
  return shards;
}

bool recognises_index(const FileHead& head) {
  return head.path.filename().string().ends_with(kIndexSuffix) && head.bytes.find('{') != std::string::npos;
}

FileModel read_sharded(const std::filesystem::path& path, const ReadOptions& options) {
  const Shards shards = open_shards(path);
  return model_of_tensors(shards.tensors, options, path.string(), shards.files);
}

std::vector<ListedTensor> list_sharded(const std::filesystem::path& path) {
  return listed_tensors(open_shards(path).tensors);
}

}  // namespace

WeightFormat sharded_safetensors_format() {
  return {.name = "an index of safetensors files",
          .suffixes = {kIndexSuffix},
          .recognises = recognises_index,
          .read = read_sharded,
          .list = list_sharded};
}

}  // namespace actionflow
