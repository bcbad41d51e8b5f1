#include "models/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace actionflow {
namespace {

constexpr std::size_t kMostLines = 20;

// One line of its own for each complaint, the rest counted.
std::string list(const std::vector<std::string>& complaints) {
  std::string text;
  const std::size_t shown = std::min(complaints.size(), kMostLines);
  for (std::size_t i = 0; i < shown; ++i) text += "\n  " + complaints[i];
  if (shown < complaints.size()) text += fmt::format("\n  and {} more", complaints.size() - shown);
  return text;
}

}  // namespace

void check_weights(const Architecture& architecture, const Weights& weights, const std::string& file) {
  std::vector<std::string> complaints;
  std::map<std::string, bool> known;
  for (const LayerInfo& layer : architecture.layers) {
    for (const Parameter& parameter : layer.parameters) {
      known[parameter.name] = true;
      const auto found = weights.tensors.find(parameter.name);
      if (found == weights.tensors.end()) {
        complaints.push_back(fmt::format("'{}' ({}) is missing", parameter.name, to_string(parameter.shape)));
      } else if (found->second.shape() != parameter.shape) {
        complaints.push_back(fmt::format("'{}' is {}, expected {}", parameter.name,
                                         to_string(found->second.shape()), to_string(parameter.shape)));
      }
    }
  }
  for (const auto& [name, tensor] : weights.tensors) {
    if (!known.contains(name)) {
      complaints.push_back(fmt::format("'{}' ({}) belongs to no layer", name, to_string(tensor.shape())));
    }
  }
  if (complaints.empty()) return;
  throw ModelError(fmt::format("{}: the weights do not fit the network '{}':{}", file, architecture.name,
                               list(complaints)));
}

}  // namespace actionflow
