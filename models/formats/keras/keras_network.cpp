#include "models/formats/keras/keras_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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
  } catch (const Json::out_of_range&) {
    throw ModelError(fmt::format("{}: model_config holds a number that is too large", file));
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
  if (!config.is_object()) return nullptr;
  if (config.contains("layers") && config["layers"].is_array() &&
      !config["layers"].empty()) {  // a model within
    const Json& first = config["layers"].front();
    return first.is_object() && first.contains("config") ? find_input_shape(first["config"]) : nullptr;
  }
  if (!config.contains("layer") || !config["layer"].is_object()) return nullptr;
  const Json& inner = config["layer"];
  if (!inner.contains("config") || !inner["config"].is_object()) return nullptr;
  return inner["config"].contains("batch_input_shape") ? &inner["config"]["batch_input_shape"] : nullptr;
}

// Of a model within another the shape of the input is not asked for.
enum class Within { nothing, model };

void read_sequential(const Json& config, Network& network, const std::string& file, Within within) {
  // Keras up to 2.1 has the list itself where later ones have a name beside it.
  const Json wrapper = config.is_array() ? Json::object() : Json();
  const Settings settings(config.is_array() ? wrapper : config, fmt::format("{}: model_config", file));
  const Json& layers = check_list(config.is_array() ? config : settings.at("layers"), settings);
  for (const Json& json : layers) {
    NetworkLayer layer = read_layer(json, file);
    if (!network.layers.empty()) layer.inputs.push_back(network.layers.back().name);
    network.layers.push_back(std::move(layer));
  }
  if (within == Within::model) return;
  const Json* shape = find_input_shape(*network.layers.front().config);
  if (shape == nullptr && settings.has("build_input_shape")) shape = &settings.at("build_input_shape");
  if (shape == nullptr) settings.fail("does not say the shape of the input");
  network.input = read_shape(*shape, settings);
}

// [name, node, tensor, {arguments}], the tensor always the first here. A layer has one node in a network,
// whatever its number: of a model within, the first is its own.
std::string read_link(const Json& link, const Settings& settings, Json* arguments) {
  const bool fits = link.is_array() && link.size() >= 3 && link[0].is_string();
  if (!fits) settings.fail("an input of its call cannot be read");
  if (link[2] != 0) settings.fail("takes one of several results");
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

// Inputs of attention that a call may name, in the order in which they stand otherwise.
constexpr std::array<const char*, 3> kFurther{"query", "value", "key"};

// Keras 3: {"args": […], "kwargs": {…}}, tensors among the arguments or in one list of them. What is no
// tensor becomes the call's "args".
void read_call_of_3(const Json& node, const Settings& settings, NetworkLayer& layer) {
  if (!node.contains("args") || !node["args"].is_array()) settings.fail("its call cannot be read");
  layer.call = node.value("kwargs", Json::object());
  if (!layer.call.is_object()) settings.fail("its call cannot be read");
  for (const auto& [key, value] : layer.call.items()) {
    const bool further = std::find(kFurther.begin(), kFurther.end(), key) != kFurther.end();
    if (is_tensor(value) && !further)
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
  for (const char* key : kFurther) {
    if (layer.call.contains(key) && is_tensor(layer.call[key]))
      layer.inputs.push_back(read_tensor(layer.call[key], settings));
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
  for (const char* key : kFurther) {
    if (layer.call.contains(key) && layer.call[key].is_array() && !layer.call[key].empty() &&
        layer.call[key][0].is_string())
      layer.inputs.push_back(read_link(layer.call[key], settings, nullptr));
  }
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

void read_functional(const Json& config, Network& network, const std::string& file, Within within) {
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
  if (within == Within::model) return;
  const auto found = layers.find(input);
  const Json* shape = found == layers.end() ? nullptr : find_input_shape(*found->second.config);
  if (shape == nullptr) settings.fail("does not say the shape of the input");
  network.input = read_shape(*shape, settings);
}

struct VersionMarks {
  bool up_to_2 = false, of_3 = false;
};

// What only one of the two ways of describing a network has: how the input's shape is called, how a layer's
// call is written, and the form of dtype policies. A depth of kDeepestJson at most.
void find_marks(const Json& json, VersionMarks& marks) {
  if (json.is_object()) {
    const auto kind = json.find("class_name"), calls = json.find("inbound_nodes");
    const bool policy = kind != json.end() && *kind == "DTypePolicy";
    marks.of_3 = marks.of_3 || json.contains("batch_shape") || policy || is_tensor(json);
    marks.up_to_2 = marks.up_to_2 || json.contains("batch_input_shape");
    if (calls != json.end() && calls->is_array() && !calls->empty())
      (calls->front().is_array() ? marks.up_to_2 : marks.of_3) = true;
  }
  if (!json.is_structured()) return;
  for (const Json& inner : json) find_marks(inner, marks);
}

int version_by_marks(const Json& config) {
  VersionMarks marks;
  find_marks(config, marks);
  if (marks.of_3 == marks.up_to_2) return kUnknownVersion;
  return marks.of_3 ? 3 : 2;
}

int major_version(const std::string& version, const Json& config, const std::string& file) {
  if (version.empty()) return version_by_marks(config);
  int major = 0;
  const auto read = std::from_chars(version.data(), version.data() + version.size(), major);
  if (read.ec != std::errc{} || major < 1 || major > 3) {
    throw ModelError(fmt::format("{}: was written by Keras '{}'; files of Keras 1 to 3 are read", file,
                                 printable(version)));
  }
  return major;
}

bool is_model(const std::string& class_name) {
  return class_name == "Sequential" || class_name == "Functional" || class_name == "Model";
}

// The model that a TimeDistributed holds; null where the layer is none that does.
const Json* model_of_each(const std::string& class_name, const Json& config) {
  if (class_name != "TimeDistributed" || !config.is_object() || !config.contains("layer")) return nullptr;
  const Json& inner = config["layer"];
  const bool model = inner.is_object() && inner.contains("config") && inner.contains("class_name") &&
                     inner["class_name"].is_string() && is_model(inner["class_name"].get<std::string>());
  return model ? &inner : nullptr;
}

void read_model(const std::string& kind, const Json& config, Network& network, const std::string& file,
                Within within) {
  if (kind == "Sequential") {
    read_sequential(config, network, file, within);
  } else {
    read_functional(config, network, file, within);
  }
}

// Puts the layers of a model in its place.
class Unfolder {
 public:
  explicit Unfolder(const std::string& file) : file_(file) {}

  std::vector<NetworkLayer> run(std::vector<NetworkLayer> layers) {
    for (NetworkLayer& layer : layers) add(std::move(layer), 0);
    return std::move(unfolded_);
  }

 private:
  void add(NetworkLayer layer, int depth) {
    for (std::string& input : layer.inputs) input = stands_for(input);
    if (const Json* const inner = model_of_each(layer.class_name, *layer.config)) {
      layer.class_name = (*inner)["class_name"].get<std::string>();
      layer.config = &inner->at("config");
      layer.in_time = true;
    }
    if (!is_model(layer.class_name)) {
      unfolded_.push_back(std::move(layer));
      return;
    }
    const std::string where = fmt::format("{}: layer '{}' ({})", file_, layer.name, layer.class_name);
    if (depth == kDeepestModel)
      throw ModelError(fmt::format("{}: models stand too deep within others", where));
    if (layer.inputs.size() > 1)
      throw ModelError(fmt::format("{}: a model within another has one input here", where));
    Network inner;
    read_model(layer.class_name, *layer.config, inner, file_, Within::model);
    for (NetworkLayer& one : inner.layers) {
      for (std::string& input : one.inputs) input = fmt::format("{}/{}", layer.name, input);
      if (one.inputs.empty()) one.inputs = layer.inputs;
      one.in_time = layer.in_time;
      one.name = fmt::format("{}/{}", layer.name, one.name);
    }
    for (NetworkLayer& one : inner.layers) {
      if (unfolded_.size() > kMostLayers) throw ModelError(fmt::format("{}: too many layers", where));
      last_ = one.name;
      add(std::move(one), depth + 1);
    }
    stands_for_[layer.name] = stands_for(last_);
  }

  const std::string& stands_for(const std::string& name) const {
    const auto found = stands_for_.find(name);
    return found == stands_for_.end() ? name : found->second;
  }

  static constexpr int kDeepestModel = 16;
  const std::string& file_;
  std::vector<NetworkLayer> unfolded_;
  std::map<std::string, std::string> stands_for_;  // a model's name: its last layer's
  std::string last_;
};

// As Keras does: "BatchNormalization" is "batch_normalization", "PReLU" is "p_re_lu".
std::string snake_case(const std::string& name) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  std::string snake;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool begins =
        i > 0 && upper(name[i]) && (lower(name[i - 1]) || (i + 1 < name.size() && lower(name[i + 1])));
    if (begins) snake += '_';
    snake += upper(name[i]) ? static_cast<char>(name[i] - 'A' + 'a') : name[i];
  }
  return snake;
}

void add_weight_groups(const Json& config, const std::string& group, const std::string& outer,
                       const std::string& file, int depth, std::map<std::string, std::string>& groups) {
  const Json none = Json::array();
  const Json& layers = config.is_array() ? config : config.contains("layers") ? config["layers"] : none;
  std::map<std::string, int> used;
  if (!layers.is_array() || depth > kDeepestJson) return;
  for (const Json& json : layers) {
    const NetworkLayer layer = read_layer(json, file);
    const std::string step = snake_case(layer.class_name);
    const int count = used[step]++;
    const std::string own =
        fmt::format("{}layers/{}{}", group, step, count == 0 ? "" : fmt::format("_{}", count));
    groups[own] = outer + layer.name;
    const Json* const each = model_of_each(layer.class_name, *layer.config);
    if (each != nullptr || (is_model(layer.class_name) && layer.config->is_object()))
      add_weight_groups(each != nullptr ? each->at("config") : *layer.config, own + "/",
                        outer + layer.name + "/", file, depth + 1, groups);
  }
}

}  // namespace

std::map<std::string, std::string> weight_groups(const std::string& model_config, const std::string& file) {
  const Json json = parse_json(model_config, file);
  std::map<std::string, std::string> groups;
  if (json.is_object() && json.contains("config")) add_weight_groups(json["config"], {}, {}, file, 0, groups);
  return groups;
}

Network read_network(const std::string& model_config, const std::string& version, const std::string& file) {
  Network network;
  network.json = parse_json(model_config, file);
  network.version = major_version(version, network.json, file);
  const Settings model(network.json, fmt::format("{}: model_config", file));
  const std::string kind = model.text("class_name");
  if (!is_model(kind)) model.fail(fmt::format("is a '{}', expected Sequential or Functional", kind));
  read_model(kind, model.at("config"), network, file, Within::nothing);
  network.layers = Unfolder(file).run(std::move(network.layers));
  return network;
}

}  // namespace actionflow::keras
