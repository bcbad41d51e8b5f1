#include "models/formats/keras/keras_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/error.h"

namespace actionflow::keras {
namespace {

constexpr int kDeepestJson = 64;
constexpr std::size_t kMostLayers = 10'000;
constexpr std::int64_t kMostExtent = 1 << 24;

// Bounded in depth, since comparing and printing JSON recurse.
Json parse_json(const std::string& text, const std::string& file) {
  const auto bound = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepestJson) throw ModelError(fmt::format("{}: model_config is nested too deeply", file));
    return true;
  };
  try {
    return Json::parse(text, bound);
  } catch (const Json::parse_error& error) {
    throw ModelError(fmt::format("{}: model_config is not JSON at byte {}", file, error.byte));
  }
}

const Json& check_list(const Json& list, const Settings& settings) {
  if (!list.is_array() || list.empty() || list.size() > kMostLayers) {
    settings.fail(fmt::format("holds no list of 1 to {} layers", kMostLayers));
  }
  return list;
}

NetworkLayer read_layer(const Json& json, const std::string& file) {
  const Settings outer(json, fmt::format("{}: a layer", file));
  NetworkLayer layer;
  layer.class_name = outer.text("class_name");
  layer.config = &outer.at("config");
  if (layer.config->is_object()) {
    layer.name =
        Settings(*layer.config, fmt::format("{}: a layer ({})", file, layer.class_name)).text("name", "");
  }
  if (layer.name.empty()) layer.name = outer.text("name");
  return layer;
}

std::vector<std::optional<std::int64_t>> read_shape(const Json& list, const Settings& settings) {
  std::vector<std::optional<std::int64_t>> shape;
  bool fits = list.is_array() && list.size() >= 2 && list.size() <= 5;
  for (std::size_t i = 1; fits && i < list.size(); ++i) {
    if (list[i].is_null()) {
      shape.emplace_back();
    } else if (list[i].is_number_integer() && list[i] > 0 && list[i] <= kMostExtent) {
      shape.emplace_back(list[i].get<std::int64_t>());
    } else {
      fits = false;
    }
  }
  if (!fits || !shape.back()) {
    settings.fail("the input's shape is not (batch,T,H,W,C), (batch,H,W,C), (batch,T,F) or (batch,F)");
  }
  return shape;
}

// On the layer itself or, in older files, on what a wrapper holds.
const Json* find_input_shape(const Json& config) {
  for (const char* key : {"batch_input_shape", "batch_shape"}) {
    if (config.is_object() && config.contains(key) && !config[key].is_null()) return &config[key];
  }
  if (!config.is_object() || !config.contains("layer") || !config["layer"].is_object()) return nullptr;
  const Json& inner = config["layer"];
  if (!inner.contains("config") || !inner["config"].is_object()) return nullptr;
  return inner["config"].contains("batch_input_shape") ? &inner["config"]["batch_input_shape"] : nullptr;
}

void read_sequential(const Json& config, Network& network, const std::string& file) {
  // Keras up to 2.1 has the list itself where later ones have a name beside it.
  const Json wrapper = config.is_array() ? Json::object() : Json();
  const Settings settings(config.is_array() ? wrapper : config, fmt::format("{}: model_config", file));
  const Json& layers = check_list(config.is_array() ? config : settings.at("layers"), settings);
  for (const Json& json : layers) {
    NetworkLayer layer = read_layer(json, file);
    if (!network.layers.empty()) layer.inputs.push_back(network.layers.back().name);
    network.layers.push_back(std::move(layer));
  }
  const Json* shape = find_input_shape(*network.layers.front().config);
  if (shape == nullptr && settings.has("build_input_shape")) shape = &settings.at("build_input_shape");
  if (shape == nullptr) settings.fail("does not say the shape of the input");
  network.input = read_shape(*shape, settings);
}

// [name, node, tensor, {arguments}], the node and the tensor always the first here.
std::string read_link(const Json& link, const Settings& settings, Json* arguments) {
  const bool fits = link.is_array() && link.size() >= 3 && link[0].is_string();
  if (!fits) settings.fail("an input of its call cannot be read");
  if (link[1] != 0 || link[2] != 0)
    settings.fail("takes a layer that is called twice, or one of several results");
  if (arguments != nullptr && link.size() > 3 && link[3].is_object()) arguments->update(link[3]);
  return link[0].get<std::string>();
}

bool is_tensor(const Json& value) {
  return value.is_object() && value.value("class_name", Json()) == "__keras_tensor__";
}

std::string read_tensor(const Json& tensor, const Settings& settings) {
  const Json* const config = tensor.contains("config") ? &tensor["config"] : nullptr;
  if (config == nullptr || !config->is_object() || !config->contains("keras_history"))
    settings.fail("an input of its call cannot be read");
  return read_link((*config)["keras_history"], settings, nullptr);
}

// Keras 3: {"args": […], "kwargs": {…}}, tensors among the arguments or in one list of them. What is no
// tensor becomes the call's "args".
void read_call_of_3(const Json& node, const Settings& settings, NetworkLayer& layer) {
  if (!node.contains("args") || !node["args"].is_array()) settings.fail("its call cannot be read");
  layer.call = node.value("kwargs", Json::object());
  if (!layer.call.is_object()) settings.fail("its call cannot be read");
  for (const auto& [key, value] : layer.call.items()) {
    if (is_tensor(value))
      settings.fail(fmt::format("takes a layer as its '{}', which is not known here", key));
  }
  Json others = Json::array();
  for (const Json& argument : node["args"]) {
    if (is_tensor(argument)) {
      layer.inputs.push_back(read_tensor(argument, settings));
    } else if (argument.is_array() && std::any_of(argument.begin(), argument.end(), is_tensor)) {
      for (const Json& tensor : argument) layer.inputs.push_back(read_tensor(tensor, settings));
    } else {
      others.push_back(argument);
    }
  }
  layer.call["args"] = std::move(others);
}

void read_call(const Json& json, const Settings& settings, NetworkLayer& layer) {
  const Json& nodes = json.contains("inbound_nodes") ? json["inbound_nodes"] : Json();
  if (!nodes.is_array() || nodes.size() > 1)
    settings.fail("is called more than once, which is not known here");
  if (nodes.empty()) return;
  const Json& node = nodes[0];
  if (node.is_object()) return read_call_of_3(node, settings, layer);
  if (!node.is_array() || node.empty()) settings.fail("its call cannot be read");
  if (node[0].is_string()) {  // a call of TensorFlow's own has its one input bare
    layer.inputs.push_back(read_link(node, settings, &layer.call));
    return;
  }
  for (const Json& link : node) layer.inputs.push_back(read_link(link, settings, &layer.call));
}

std::string only_link(const Settings& settings, const std::string& key) {
  const Json& links = settings.at(key);
  const bool bare = links.is_array() && !links.empty() && links[0].is_string();
  if (!bare && (!links.is_array() || links.size() != 1)) {
    settings.fail(fmt::format("'{}' are several; a network has one input and one output here", key));
  }
  return read_link(bare ? links : links[0], settings, nullptr);
}

// Appends the layer after everything that it needs.
class Sorter {
 public:
  Sorter(std::map<std::string, NetworkLayer>& layers, Network& network, const Settings& settings)
      : layers_(layers), network_(network), settings_(settings) {}

  // Without recursion, since a network may be thousands of layers deep.
  void add(const std::string& last) {
    std::vector<std::pair<std::string, std::size_t>> open{{last, 0}};
    begun_.insert(last);
    while (!open.empty()) {
      auto& [name, next] = open.back();
      const auto found = layers_.find(name);
      if (found == layers_.end()) settings_.fail(fmt::format("there is no layer '{}'", name));
      if (next < found->second.inputs.size()) {
        const std::string input = found->second.inputs[next++];
        if (done_.count(input) > 0) continue;
        if (!begun_.insert(input).second)
          settings_.fail(fmt::format("the layers form a circle at '{}'", input));
        open.emplace_back(input, 0);
      } else {
        network_.layers.push_back(found->second);
        done_.insert(name);
        open.pop_back();
      }
    }
  }

 private:
  std::map<std::string, NetworkLayer>& layers_;
  Network& network_;
  const Settings& settings_;
  std::set<std::string> begun_, done_;
};

void read_functional(const Json& config, Network& network, const std::string& file) {
  const Settings settings(config, fmt::format("{}: model_config", file));
  std::map<std::string, NetworkLayer> layers;
  for (const Json& json : check_list(settings.at("layers"), settings)) {
    NetworkLayer layer = read_layer(json, file);
    read_call(json, Settings(json, fmt::format("{}: layer '{}' ({})", file, layer.name, layer.class_name)),
              layer);
    const std::string name = layer.name;
    if (!layers.emplace(name, std::move(layer)).second)
      settings.fail(fmt::format("two layers are called '{}'", name));
  }
  const std::string input = only_link(settings, "input_layers");
  Sorter(layers, network, settings).add(only_link(settings, "output_layers"));
  for (const NetworkLayer& layer : network.layers) {
    if (layer.inputs.empty() && layer.name != input)
      settings.fail(fmt::format("'{}' is a second input", layer.name));
  }
  const auto found = layers.find(input);
  const Json* shape = found == layers.end() ? nullptr : find_input_shape(*found->second.config);
  if (shape == nullptr) settings.fail("does not say the shape of the input");
  network.input = read_shape(*shape, settings);
}

// Keras has written its version since 1.0.
int major_version(const std::string& version, const std::string& file) {
  int major = 2;
  if (version.empty()) return major;
  const auto read = std::from_chars(version.data(), version.data() + version.size(), major);
  if (read.ec != std::errc{} || major < 1 || major > 3) {
    throw ModelError(fmt::format("{}: was written by Keras '{}'; files of Keras 1 to 3 are read", file,
                                 printable(version)));
  }
  return major;
}

}  // namespace

Network read_network(const std::string& model_config, const std::string& version, const std::string& file) {
  Network network;
  network.version = major_version(version, file);
  network.json = parse_json(model_config, file);
  const Settings model(network.json, fmt::format("{}: model_config", file));
  const std::string kind = model.text("class_name");
  if (kind == "Sequential") {
    read_sequential(model.at("config"), network, file);
  } else if (kind == "Functional" || kind == "Model") {
    read_functional(model.at("config"), network, file);
  } else {
    model.fail(fmt::format("is a '{}', expected Sequential or Functional", kind));
  }
  return network;
}

}  // namespace actionflow::keras
