#include "models/formats/keras_hdf5.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "models/formats/keras_config.h"

namespace actionflow {
namespace {

struct Group {
  std::string layer;  // Keras' name
  std::vector<KerasWeight*> weights;
};

// Layers that have weights, in the file's order.
std::vector<Group> group_by_layer(std::vector<KerasWeight>& weights) {
  std::vector<Group> groups;
  for (KerasWeight& weight : weights) {
    if (groups.empty() || groups.back().layer != weight.layer) groups.push_back({weight.layer, {}});
    groups.back().weights.push_back(&weight);
  }
  return groups;
}

std::vector<const LayerInfo*> layers_with_parameters(const Architecture& architecture) {
  std::vector<const LayerInfo*> layers;
  for (const LayerInfo& layer : architecture.layers) {
    if (!layer.parameters.empty()) layers.push_back(&layer);
  }
  return layers;
}

// Our layer of each group. Names decide where they are all known, else the order.
std::vector<const LayerInfo*> match(const std::vector<Group>& groups, const Architecture& architecture,
                                    const std::string& file) {
  std::vector<const LayerInfo*> layers = layers_with_parameters(architecture);
  std::map<std::string, const LayerInfo*> by_name;
  for (const LayerInfo* layer : layers) by_name.emplace(layer->name, layer);
  std::vector<const LayerInfo*> matched;
  for (const Group& group : groups) {
    const auto found = by_name.find(layer_name_from_keras(group.layer));
    if (found == by_name.end()) break;
    matched.push_back(found->second);
  }
  if (matched.size() == groups.size()) return matched;
  if (groups.size() == layers.size()) return layers;
  throw ModelError(
      fmt::format("{}: holds weights of {} layers, the network '{}' has {} layers with weights, and "
                  "'{}' is none of their names",
                  file, groups.size(), architecture.name, layers.size(), groups[matched.size()].layer));
}

// "bidirectional_7/forward_gru_7/gru_cell_22/kernel:0" is the forward part's kernel.
std::string role_of(const std::string& name) {
  std::string role = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
  return role.substr(0, role.find(':'));
}

std::string part_of(const std::string& name) {
  for (const char* part : {"forward", "backward"}) {
    if (name.rfind(fmt::format("{}_", part), 0) == 0 ||
        name.find(fmt::format("/{}_", part)) != std::string::npos) {
      return part;
    }
  }
  return {};
}

std::string parameter_name(const LayerInfo& layer, const KerasWeight& weight) {
  const bool parts = layer.type == "bidirectional";
  return fmt::format("{}.{}{}", layer.name, parts ? part_of(weight.name) + "." : "", role_of(weight.name));
}

Tensor convert_kernel(const Tensor& kernel) {
  switch (kernel.shape().size()) {
    case 2:
      return kernel.permuted({1, 0});
    case 3:
      return kernel.permuted({2, 1, 0}).reshaped({kernel.dim(2), kernel.dim(1), kernel.dim(0), 1, 1});
    case 4:
      return kernel.permuted({3, 2, 0, 1})
          .reshaped({kernel.dim(3), kernel.dim(2), 1, kernel.dim(0), kernel.dim(1)});
    case 5:
      return kernel.permuted({4, 3, 0, 1, 2});
    default:
      return kernel;
  }
}

Tensor convert(const std::string& role, Tensor value) {
  if (role == "kernel" || role == "recurrent_kernel") return convert_kernel(value);
  if (role == "alpha" && !value.shape().empty() && value.size() == value.shape().back()) {
    const std::int64_t channels = value.size();  // 1×1×1×C: shared by all positions
    return std::move(value).reshaped({channels});
  }
  return value;
}

}  // namespace

Weights weights_from_keras(KerasFile file, const Architecture& architecture, const std::string& name) {
  const std::vector<Group> groups = group_by_layer(file.weights);
  const std::vector<const LayerInfo*> layers = match(groups, architecture, name);
  Weights weights;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (KerasWeight* weight : groups[i].weights) {
      const std::string parameter = parameter_name(*layers[i], *weight);
      Tensor value = convert(role_of(weight->name), std::move(weight->value));
      if (!weights.tensors.emplace(parameter, std::move(value)).second) {
        throw ModelError(fmt::format("{}: '{}' stands twice, as '{}' too", name, parameter, weight->name));
      }
    }
  }
  check_weights(architecture, weights, name);
  return weights;
}

}  // namespace actionflow
