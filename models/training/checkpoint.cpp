#include "models/training/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "models/formats/safetensors/model_file.h"
#include "models/formats/safetensors/safetensors.h"
#include "models/graph/reserved_names.h"

namespace actionflow {
namespace {

constexpr std::string_view kCheckpointKey = "actionflow.checkpoint";
constexpr int kCheckpointVersion = 1;
constexpr std::string_view kHeader = "training.";

using Metadata = std::map<std::string, std::string>;

// ---- the header ----

class HeaderReader {
 public:
  HeaderReader(const Metadata& metadata, std::string file) : metadata_(metadata), file_(std::move(file)) {}

  const std::string& text(std::string_view key) const {
    const auto found = metadata_.find(std::string(kHeader) + std::string(key));
    if (found == metadata_.end()) {
      throw ModelError(fmt::format("{}: its header has no '{}{}'", file_, kHeader, key));
    }
    return found->second;
  }
  std::int64_t count(std::string_view key) const {
    const std::string& written = text(key);
    std::int64_t value = 0;
    const char* end = written.data() + written.size();
    const auto [rest, error] = std::from_chars(written.data(), end, value);
    if (error != std::errc() || rest != end || value < 0) {
      throw ModelError(fmt::format("{}: '{}{}' in its header is '{}', expected a number from 0", file_,
                                   kHeader, key, written));
    }
    return value;
  }
  bool has(std::string_view key) const { return metadata_.contains(std::string(kHeader) + std::string(key)); }

 private:
  const Metadata& metadata_;
  std::string file_;
};

Metadata header_of(const CheckpointContent& content) {
  Metadata header = model_metadata(content.architecture);
  header[std::string(kCheckpointKey)] = std::to_string(kCheckpointVersion);
  const auto set = [&](std::string_view key, std::string value) {
    header[std::string(kHeader) + std::string(key)] = std::move(value);
  };
  set("run", std::string(content.run));
  set("optimizer_steps", std::to_string(content.optimizer.steps()));
  set("schedule", content.schedule.state());
  if (content.average != nullptr) set("average_updates", std::to_string(content.average->updates()));
  return header;
}

void check_header(const Metadata& metadata, const std::string& file) {
  const auto version = metadata.find(std::string(kCheckpointKey));
  if (version == metadata.end()) {
    throw ModelError(
        fmt::format("{}: holds weights only and nothing to go on from; `init: {{weights: …}}` "
                    "begins a new run with them",
                    file));
  }
  if (!metadata.contains(std::string(kChecksumKey)))
    throw ModelError(fmt::format("{}: damaged: '{}' is missing from its header", file, kChecksumKey));
  if (version->second != std::to_string(kCheckpointVersion) || !metadata.contains(std::string(kFormatKey)) ||
      metadata.at(std::string(kFormatKey)) != std::to_string(kFormatVersion)) {
    throw ModelError(fmt::format("{}: is a checkpoint of version {}, this program reads {}", file,
                                 version->second, kCheckpointVersion));
  }
}

void check_network(const Metadata& metadata, const Architecture& architecture, const std::string& file) {
  const auto held = metadata.find(std::string(kModelKey));
  std::string other = "it holds no description of one";
  if (held != metadata.end()) {
    if (held->second == architecture.yaml) return;
    try {
      other = difference(parse_architecture(held->second, file), architecture);
    } catch (const config::ConfigError& error) {
      other = fmt::format("its description of one is wrong:\n{}", error.what());
    }
  }
  if (other.empty()) return;
  throw ModelError(
      fmt::format("{}: is a checkpoint of another network than '{}': {}", file, architecture.name, other));
}

// ---- tensors ----

// Those with the prefix, taken out of `tensors`; their names without it where `strip`.
std::map<std::string, Tensor> take(std::map<std::string, Tensor>& tensors, std::string_view prefix,
                                   bool strip) {
  std::map<std::string, Tensor> taken;
  for (auto at = tensors.begin(); at != tensors.end();) {
    if (!at->first.starts_with(prefix)) {
      ++at;
      continue;
    }
    taken.emplace(strip ? at->first.substr(prefix.size()) : at->first, std::move(at->second));
    at = tensors.erase(at);
  }
  return taken;
}

// "optimizer.<role>.<parameter>", each of its parameter's shape.
void check_optimizer(const std::map<std::string, Tensor>& state, const Weights& weights,
                     const std::string& file) {
  for (const auto& [name, tensor] : state) {
    const std::size_t dot = name.find('.', kOptimizerTensors.size());
    const auto found =
        dot == std::string::npos ? weights.tensors.end() : weights.tensors.find(name.substr(dot + 1));
    if (found == weights.tensors.end())
      throw ModelError(fmt::format("{}: '{}' belongs to no parameter", file, name));
    if (found->second.shape() != tensor.shape()) {
      throw ModelError(fmt::format("{}: '{}' is {}, and its parameter is {}", file, name,
                                   to_string(tensor.shape()), to_string(found->second.shape())));
    }
  }
}

}  // namespace

void save_checkpoint(const CheckpointContent& content, const std::filesystem::path& file, FileSystem& files) {
  check_weights(content.architecture, content.weights, file.string());
  SafetensorsContent written{.metadata = header_of(content), .tensors = content.optimizer.state_views()};
  for (const auto& [name, tensor] : content.weights.tensors) written.tensors.emplace(name, &tensor);
  if (content.average != nullptr) {
    for (const auto& [name, tensor] : content.average->weights().tensors)
      written.tensors.emplace(std::string(kAverageTensors) + name, &tensor);
  }
  remove_leftovers(file);
  AtomicFile out(file, files);
  write_safetensors(written, [&out](std::string_view bytes) { out.write(bytes); });
  out.commit();
}

Checkpoint load_checkpoint(const std::filesystem::path& path, const Architecture& architecture) {
  const std::string file = path.string();
  SafetensorsFile read = read_safetensors(path);
  check_header(read.metadata, file);
  check_network(read.metadata, architecture, file);
  const HeaderReader header(read.metadata, file);
  Checkpoint checkpoint;
  checkpoint.run = header.text("run");
  checkpoint.optimizer_steps = header.count("optimizer_steps");
  checkpoint.schedule = header.text("schedule");
  checkpoint.optimizer = take(read.tensors, kOptimizerTensors, false);
  std::map<std::string, Tensor> average = take(read.tensors, kAverageTensors, true);
  checkpoint.weights.tensors = std::move(read.tensors);
  check_weights(architecture, checkpoint.weights, file);
  check_optimizer(checkpoint.optimizer, checkpoint.weights, file);
  if (header.has("average_updates")) {
    checkpoint.average = Weights{std::move(average)};
    checkpoint.average_updates = header.count("average_updates");
    check_weights(architecture, *checkpoint.average, file + " (average)");
  }
  return checkpoint;
}

void restore(Checkpoint checkpoint, const std::filesystem::path& file,
             std::span<const TrainedParameter> parameters, Optimizer& optimizer, Schedule& schedule,
             WeightAverage* average) {
  try {
    if (average != nullptr && !checkpoint.average)
      throw ModelError("it has no average of the weights, which the recipe asks for");
    optimizer.load(std::move(checkpoint.optimizer), checkpoint.optimizer_steps);
    optimizer.check(parameters);
    schedule.load(checkpoint.schedule);
    if (average != nullptr) average->load(std::move(*checkpoint.average), checkpoint.average_updates);
  } catch (const ModelError& error) {
    throw ModelError(fmt::format("{}: does not fit the recipe: {}", file.string(), error.what()));
  }
}

}  // namespace actionflow
