#include "models/weights/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
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

// Without a branch a value, so that it costs little beside reading the file.
bool all_finite(std::span<const float> values) {
  bool bad = false;
  for (const float value : values) bad |= !(std::abs(value) <= std::numeric_limits<float>::max());
  return !bad;
}

// What is wrong with the values; empty when nothing is.
std::string complaint_of(const Parameter& parameter, std::span<const float> values) {
  if (!all_finite(values)) return "holds a value that is not finite";
  const bool negative = std::any_of(values.begin(), values.end(), [](float value) { return value < 0; });
  return parameter.role == "moving_variance" && negative ? "holds a variance below 0" : "";
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
      } else if (const std::string what = complaint_of(parameter, found->second.values()); !what.empty()) {
        complaints.push_back(fmt::format("'{}' {}", parameter.name, what));
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
