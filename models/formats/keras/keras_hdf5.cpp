#include "models/formats/keras/keras_hdf5.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "models/formats/axis_order.h"
#include "models/formats/keras/keras_config.h"
#include "models/formats/keras/keras_layers.h"
#include "models/formats/keras/keras_network.h"

namespace actionflow {
namespace {

struct GroupedWeight {
  KerasWeight* weight = nullptr;
  std::string direction;  // forward, backward, or empty
  std::string role;       // where Keras has another name or number
};

struct Group {
  std::string layer;  // Keras' name; of a direction that is a layer of its own here, "layer/forward"
  std::vector<GroupedWeight> weights;
};

// "bidirectional_7/forward_gru_7/gru_cell_22/kernel:0" is the forward part's kernel.
std::string role_of(const std::string& name) {
  std::string role = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
  role.erase(std::min(role.find(':'), role.size()));
  return role == "depthwise_kernel" ? "kernel" : role;
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
      if (one.direction == direction) part.weights.push_back({one.weight, {}, {}});
    }
    groups.push_back(std::move(part));
  }
}

// An EinsumDense with a bias is two layers here.
void add_scale_and_table(Group group, const std::string& scale, std::vector<Group>& groups) {
  Group kernel{scale, {}}, bias{group.layer, {}};
  for (GroupedWeight& one : group.weights) {
    const std::string role = role_of(one.weight->name);
    const bool is_kernel = role == "kernel" || role == "0";
    one.role = is_kernel ? "gamma" : "embedding";
    (is_kernel ? kernel : bias).weights.push_back(one);
  }
  for (Group* part : {&kernel, &bias})
    if (!part->weights.empty()) groups.push_back(std::move(*part));
}

std::vector<const LayerInfo*> layers_with_parameters(const Architecture& architecture) {
  std::vector<const LayerInfo*> layers;
  for (const LayerInfo& layer : architecture.layers) {
    if (!layer.parameters.empty()) layers.push_back(&layer);
  }
  return layers;
}

// A name as it is left where some characters may not stand in it.
std::string plain(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == '.'; }, '_');
  return name;
}

// Numbered weights stand in the order of their classes' names, which says nothing of the network's.
bool is_numbered(const Group& group) {
  return group.weights.front().weight->name.find("vars/") != std::string::npos;
}

// Our layer of each group. Names decide where they are all known, else the order.
std::vector<const LayerInfo*> match(const std::vector<Group>& groups, const Architecture& architecture,
                                    const std::string& file) {
  std::vector<const LayerInfo*> layers = layers_with_parameters(architecture);
  std::map<std::string, const LayerInfo*> by_name;
  for (const LayerInfo* layer : layers) by_name.emplace(layer->name, layer);
  for (const LayerInfo* layer : layers) by_name.emplace(plain(layer->name), layer);
  std::vector<const LayerInfo*> matched;
  for (const Group& group : groups) {
    const std::string name = layer_name_from_keras(group.layer);
    const auto exact = by_name.find(name), found = exact == by_name.end() ? by_name.find(plain(name)) : exact;
    if (found == by_name.end()) break;
    matched.push_back(found->second);
  }
  if (matched.size() == groups.size()) return matched;
  const bool ordered = std::none_of(groups.begin(), groups.end(), is_numbered);
  if (ordered && groups.size() == layers.size()) return layers;
  throw ModelError(
      fmt::format("{}: holds weights of {} layers, the network '{}' has {} layers with weights, and "
                  "'{}' is none of their names",
                  file, groups.size(), architecture.name, layers.size(), groups[matched.size()].layer));
}

struct Target {
  std::string parameter, role;
};

// Weights that are numbered come in the order of the layer's parameters, a direction's by itself.
Target target_of(const LayerInfo& layer, const GroupedWeight& one, const std::string& file) {
  std::string role = one.role.empty() ? role_of(one.weight->name) : one.role;
  if (layer.type == "scale" && role == "kernel") role = "gamma";  // an EinsumDense's
  const std::string prefix =
      layer.type == "bidirectional" ? fmt::format("{}.{}.", layer.name, one.direction) : layer.name + ".";
  std::size_t number = 0;
  const auto read = std::from_chars(role.data(), role.data() + role.size(), number);
  if (read.ec != std::errc{} || read.ptr != role.data() + role.size()) return {prefix + role, role};
  for (const Parameter& parameter : layer.parameters) {
    if (parameter.name.starts_with(prefix) && number-- == 0) return {parameter.name, parameter.role};
  }
  throw ModelError(fmt::format("{}: '{}' of layer '{}' is one weight more than the network has there", file,
                               one.weight->name, layer.name));
}

// Where weights are numbered, a MultiHeadAttention's products are called otherwise, by Keras 2 with a '_'
// before.
std::string attention_part(const std::string& step) {
  static const std::map<std::string, std::string> kParts{{"query_dense", "query"},
                                                         {"key_dense", "key"},
                                                         {"value_dense", "value"},
                                                         {"output_dense", "attention_output"}};
  const auto found = kParts.find(step.starts_with('_') ? step.substr(1) : step);
  return found == kParts.end() ? step : found->second;
}

// A weight's layer: what the file says, or, of a model within another, the layer there that the weight's name
// begins with. Keras leaves out how models stand in each other, and refuses two layers of one name in such a
// model.
std::string owner_of(const KerasWeight& weight, const std::set<std::string>& names) {
  const std::string layer = layer_name_from_keras(weight.layer);
  if (names.contains(layer)) return layer;
  std::string_view rest = weight.name;
  if (rest.starts_with(weight.layer + "/")) rest.remove_prefix(weight.layer.size() + 1);
  // Keras 3 may name a model within a TimeDistributed before its layer.
  for (std::size_t end = rest.find('/'); end != rest.npos; end = rest.find('/')) {
    const std::string step = "/" + attention_part(layer_name_from_keras(rest.substr(0, end)));
    for (const std::string& name : names)
      if (name.starts_with(layer + "/") && name.ends_with(step)) return name;
    rest.remove_prefix(end + 1);
  }
  return weight.layer;
}

// Our kind of layer by Keras' class, as the groups of .weights.h5 are called.
std::string_view kind_of_group(std::string_view step) {
  static const std::map<std::string_view, std::string_view> kKinds{{"conv2d", "conv2d"},
                                                                   {"conv3d", "conv3d"},
                                                                   {"dense", "dense"},
                                                                   {"batch_normalization", "batch_norm"},
                                                                   {"layer_normalization", "layer_norm"},
                                                                   {"lstm", "lstm"},
                                                                   {"gru", "gru"},
                                                                   {"conv_lstm2d", "conv_lstm2d"},
                                                                   {"einsum_dense", "scale"},
                                                                   {"p_re_lu", "prelu"},
                                                                   {"bidirectional", "bidirectional"}};
  const auto found = kKinds.find(step);
  return found == kKinds.end() ? std::string_view() : found->second;
}

// Names for groups that have none: by their description where there is one, else "layers/conv3d_1" is the
// network's second conv3d.
void name_groups(KerasFile& file, const std::vector<const LayerInfo*>& layers, const std::string& name) {
  std::map<std::string, std::string> names;
  if (!file.model_config.empty()) names = keras::weight_groups(file.model_config, name);
  for (KerasWeight& weight : file.weights) {
    if (!weight.layer.starts_with("layers/")) continue;
    if (const auto found = names.find(weight.layer); found != names.end()) {
      weight.layer = found->second;
      continue;
    }
    const std::string_view step = std::string_view(weight.layer).substr(std::string_view("layers/").size());
    const std::size_t cut = step.find_last_not_of("0123456789");
    const bool numbered = cut != step.npos && step[cut] == '_' && cut + 1 < step.size();
    std::size_t number = 0;
    if (numbered) std::from_chars(step.data() + cut + 1, step.data() + step.size(), number);
    const std::string_view kind = kind_of_group(numbered ? step.substr(0, cut) : step);
    for (const LayerInfo* layer : layers) {
      if (layer->type != kind || number-- != 0) continue;
      weight.layer = layer->name;
      break;
    }
  }
}

const Shape* shape_of(const LayerInfo& layer, const std::string& name) {
  for (const Parameter& parameter : layer.parameters)
    if (parameter.name == name) return &parameter.shape;
  return nullptr;
}

// Where Keras has other axes than of other kernels and biases. A MultiHeadAttention's products count heads
// and their channels by themselves; a DepthwiseConv2D's kernel is height × width × channels × multiplier.
Tensor in_own_axes(const LayerInfo& layer, const std::string& parameter, const std::string& role,
                   Tensor value) {
  const Shape shape = value.shape();
  const Shape* const own = shape_of(layer, parameter);
  if (layer.type == "dense" && role == "bias" && shape.size() == 2)
    return std::move(value).reshaped({shape[0] * shape[1]});
  if (layer.type == "dense" && role == "kernel" && shape.size() == 3) {
    const bool output = layer.name.ends_with("/attention_output");
    return std::move(value).reshaped(output ? Shape{shape[0] * shape[1], shape[2]}
                                            : Shape{shape[0], shape[1] * shape[2]});
  }
  if (role == "embedding" && own != nullptr && element_count(*own) == value.size())
    return std::move(value).reshaped(*own);
  const bool depthwise = own != nullptr && role == "kernel" && own->size() == 5 && shape.size() == 4 &&
                         (*own)[1] == 1 && shape[2] > 1 && (*own)[0] == shape[2] * shape[3];
  if (!depthwise) return value;
  return std::move(value).reshaped({shape[0], shape[1], 1, shape[2] * shape[3]});
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

// Layers that have weights, in the file's order.
std::vector<Group> group_by_layer(std::vector<KerasWeight>& weights, const Architecture& architecture) {
  std::vector<Group> held;
  std::set<std::string> names;
  for (const LayerInfo* layer : layers_with_parameters(architecture)) names.insert(layer->name);
  for (KerasWeight& weight : weights) {
    weight.layer = owner_of(weight, names);
    if (held.empty() || held.back().layer != weight.layer) held.push_back({weight.layer, {}});
    held.back().weights.push_back({&weight, {}, {}});
  }
  std::vector<Group> groups;
  for (Group& group : held) {
    find_directions(group);
    const bool two = names.contains(keras::direction_name(layer_name_from_keras(group.layer), "backward"));
    const std::string scale = keras::scale_name(layer_name_from_keras(group.layer));
    if (two) {
      add_by_direction(std::move(group), groups);
    } else if (names.contains(scale)) {
      add_scale_and_table(std::move(group), scale, groups);
    } else {
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

}  // namespace

Weights weights_from_keras(KerasFile file, const Architecture& architecture, const std::string& name) {
  name_groups(file, layers_with_parameters(architecture), name);
  const std::vector<Group> groups = group_by_layer(file.weights, architecture);
  const std::vector<const LayerInfo*> layers = match(groups, architecture, name);
  Weights weights;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const GroupedWeight& one : groups[i].weights) {
      KerasWeight* const weight = one.weight;
      const auto [parameter, role] = target_of(*layers[i], one, name);
      Tensor value = convert(role, in_own_axes(*layers[i], parameter, role, std::move(weight->value)));
      if (!weights.tensors.emplace(parameter, std::move(value)).second) {
        throw ModelError(fmt::format("{}: '{}' stands twice, as '{}' too", name, parameter, weight->name));
      }
    }
  }
  return weights;
}

}  // namespace actionflow
