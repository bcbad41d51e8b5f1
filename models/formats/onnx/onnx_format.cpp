#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "models/formats/onnx/graph/onnx_file.h"
#include "models/formats/onnx/onnx_network.h"
#include "models/formats/onnx/writing/onnx_export.h"
#include "models/formats/weight_format.h"
#include "models/graph/same_function.h"

namespace actionflow {
namespace {

bool is_onnx(const FileHead& head) { return onnx::looks_like_onnx(head.bytes); }

std::vector<const Parameter*> parameters_of(const Architecture& architecture) {
  std::vector<const Parameter*> all;
  for (const GraphNode& node : architecture.graph.nodes) {
    for (const Parameter& parameter : node.parameters) all.push_back(&parameter);
  }
  return all;
}

// Networks of one function have their parameters in one order, whatever their names.
Weights renamed(Weights weights, const Architecture& from, const Architecture& to) {
  Weights result;
  const auto theirs = parameters_of(from), ours = parameters_of(to);
  for (std::size_t i = 0; i < theirs.size() && i < ours.size(); ++i) {
    if (auto tensor = weights.tensors.extract(theirs[i]->name))
      result.tensors.emplace(ours[i]->name, std::move(tensor.mapped()));
  }
  return result;
}

// What this project wrote has names, classes and input form, too, where the nodes are still those of the
// description beside them.
std::optional<Architecture> description_of(const OnnxNetwork& network, const Architecture& held,
                                           const std::string& file) {
  if (network.held_yaml.empty()) return std::nullopt;
  Architecture own = parse_held_architecture(network.held_yaml, file);
  if (!function_difference(held.graph, own.graph).empty()) return std::nullopt;
  return own;
}

// What runs, but not as fast as it could.
void note_general_products(const Graph& graph, FileModel& result) {
  constexpr std::size_t kMostNamed = 4;
  std::vector<std::string> names;
  for (const GraphNode& node : graph.nodes)
    if (std::holds_alternative<MatMul>(node.operation)) names.push_back(node.name);
  if (names.empty()) return;
  const std::size_t count = names.size();
  names.resize(std::min(count, kMostNamed));
  result.notes.push_back(
      fmt::format("{} products of computed values are no attention that is known here: they run as 'matmul' "
                  "layers, slowly ('{}'{})",
                  count, fmt::join(names, "', '"), count > kMostNamed ? ", …" : ""));
}

FileModel read_onnx_model(const std::filesystem::path& file, const ReadOptions& options) {
  const Architecture* named = options.architecture;
  OnnxOpenExtents open;
  if (named != nullptr) open = {named->input.frames, named->input.height, named->input.width};
  OnnxNetwork network = read_onnx(file, open);
  Architecture held = parse_held_architecture(network.yaml, file.string());
  FileModel result;
  note_general_products(held.graph, result);
  if (auto own = description_of(network, held, file.string())) {
    network.weights = renamed(std::move(network.weights), held, *own);
    held = *std::move(own);
    result.description = FileDescription{.yaml = held.yaml, .says_input_form = true};
  } else {
    result.description = FileDescription{.yaml = std::move(network.yaml), .open_extents = network.open_input};
  }
  if (named != nullptr && options.takes_other_networks() &&
      !function_difference(held.graph, named->graph).empty())
    named = nullptr;
  if (named == nullptr) {
    result.model.architecture = std::move(held);
    result.model.weights = std::move(network.weights);
    return result;
  }
  refuse_other_network(held, *named, file.string());
  result.model.architecture = *named;
  result.model.weights = renamed(std::move(network.weights), held, *named);
  return result;
}

void write_onnx_model(const Model& model, const std::filesystem::path& file, const WriteOptions&) {
  write_onnx(model, file);
}

}  // namespace

WeightFormat onnx_format() {
  return {.name = "ONNX",
          .suffixes = {".onnx"},
          .recognises = is_onnx,
          .read = read_onnx_model,
          .write = write_onnx_model};
}

}  // namespace actionflow
