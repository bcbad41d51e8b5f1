#include "models/formats/keras/keras_hdf5.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "models/formats/axis_order.h"
#include "models/formats/keras/keras_config.h"
#include "models/formats/keras/keras_layers.h"

namespace actionflow {
namespace {

struct GroupedWeight {
  KerasWeight* weight = nullptr;
  std::string direction;  // forward, backward, or empty
};

struct Group {
  std::string layer;  // Keras' name; of a direction that is a layer of its own here, "layer/forward"
  std::vector<GroupedWeight> weights;
};

// "bidirectional_7/forward_gru_7/gru_cell_22/kernel:0" is the forward part's kernel.
std::string role_of(const std::string& name) {
  std::string role = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
  return role.substr(0, role.find(':'));
}

// By the innermost step that says so: the layer itself may be called "forward_net".
std::string named_direction(const std::string& name) {
  for (std::size_t end = name.rfind('/'); end != std::string::npos && end > 0;) {
    const std::size_t before = name.rfind('/', end - 1);
    const std::string_view step = std::string_view(name)
                                      .substr(before == std::string::npos ? 0 : before + 1)
                                      .substr(0, end - (before + 1));
    for (const char* direction : {"forward", "backward"}) {
      if (step.starts_with(fmt::format("{}_", direction))) return direction;
    }
    end = before;
  }
  return {};
}

// A backward layer that a person named says nothing, and then the forward one's weights come first, each
// direction's beginning with its kernel.
void find_directions(Group& group) {
  bool named = true;
  std::set<std::string> seen;
  for (GroupedWeight& one : group.weights) {
    one.direction = named_direction(one.weight->name);
    named = named && !one.direction.empty() && seen.insert(one.direction + role_of(one.weight->name)).second;
  }
  if (named) return;
  int kernels = 0;
  for (GroupedWeight& one : group.weights) {
    if (role_of(one.weight->name) == "kernel") ++kernels;
    one.direction = kernels < 2 ? "forward" : "backward";
  }
}

// A Bidirectional whose directions differ is two layers here.
void add_by_direction(Group group, std::vector<Group>& groups) {
  for (const char* direction : {"forward", "backward"}) {
    Group part{keras::direction_name(layer_name_from_keras(group.layer), direction), {}};
    for (const GroupedWeight& one : group.weights) {
      if (one.direction == direction) part.weights.push_back({one.weight, {}});
    }
    groups.push_back(std::move(part));
  }
}

// Layers that have weights, in the file's order.
std::vector<Group> group_by_layer(std::vector<KerasWeight>& weights, const Architecture& architecture) {
  std::vector<Group> held;
  for (KerasWeight& weight : weights) {
    if (held.empty() || held.back().layer != weight.layer) held.push_back({weight.layer, {}});
    held.back().weights.push_back({&weight, {}});
  }
  std::set<std::string> names;
  for (const LayerInfo& layer : architecture.layers) names.insert(layer.name);
  std::vector<Group> groups;
  for (Group& group : held) {
    find_directions(group);
    const bool two = names.contains(keras::direction_name(layer_name_from_keras(group.layer), "backward"));
    if (two) {
      add_by_direction(std::move(group), groups);
    } else {
      groups.push_back(std::move(group));
    }
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

std::string parameter_name(const LayerInfo& layer, const GroupedWeight& one) {
  const std::string direction = layer.type == "bidirectional" ? one.direction + "." : "";
  return fmt::format("{}.{}{}", layer.name, direction, role_of(one.weight->name));
}

Tensor convert(const std::string& role, Tensor value) {
  if (role == "kernel" || role == "recurrent_kernel") {
    const std::string_view axes = kernel_axes(KernelOrder::keras, value.shape().size());
    return axes.empty() ? value : to_own_axes(value, axes);
  }
  if (role == "alpha" && !value.shape().empty() && value.size() == value.shape().back()) {
    const std::int64_t channels = value.size();  // 1×1×1×C: shared by all positions
    return std::move(value).reshaped({channels});
  }
  return value;
}

}  // namespace

Weights weights_from_keras(KerasFile file, const Architecture& architecture, const std::string& name) {
  const std::vector<Group> groups = group_by_layer(file.weights, architecture);
  const std::vector<const LayerInfo*> layers = match(groups, architecture, name);
  Weights weights;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const GroupedWeight& one : groups[i].weights) {
      KerasWeight* const weight = one.weight;
      const std::string parameter = parameter_name(*layers[i], one);
      Tensor value = convert(role_of(weight->name), std::move(weight->value));
      if (!weights.tensors.emplace(parameter, std::move(value)).second) {
        throw ModelError(fmt::format("{}: '{}' stands twice, as '{}' too", name, parameter, weight->name));
      }
    }
  }
  return weights;
}

}  // namespace actionflow
