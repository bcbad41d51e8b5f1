#include "models/formats/keras/keras_network_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text/json_text.h"
#include "models/formats/keras/keras_written_activation.h"
#include "models/formats/keras/keras_written_kernel.h"
#include "models/formats/keras/keras_written_order.h"
#include "models/graph/traits.h"

namespace actionflow::keras {

namespace {

constexpr const char* kClipName = "clip";

// What keras.ops has, which is not trained, and where Keras keeps it.
const std::map<std::string, std::string>& operations() {
  static const std::map<std::string, std::string> all{
      {"Gelu", "keras.src.ops.nn"}, {"Flip", "keras.src.ops.numpy"}, {"ZerosLike", "keras.src.ops.numpy"}};
  return all;
}

}  // namespace

NetworkWriter::NetworkWriter(const Model& model)
    : model_(model), graph_(model.architecture.graph), readers_(consumers(graph_)) {}

KerasNetwork NetworkWriter::run() {
  const Extents& in = graph_.input;
  add_layer("InputLayer", kClipName, {{"batch_shape", shape_of(in)}, {"dtype", "float32"}}, {});
  names_[-1] = kClipName;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    node_ = &graph_.nodes[i];
    number_ = static_cast<int>(i);
    if (is_part_of_another()) continue;
    std::visit([&](const auto& operation) { add(operation); }, node_->operation);
    names_[number_] = last_;
    extents_[last_] = node_->extents;
  }
  std::string result = names_.at(graph_.output);
  if (graph_.extents(graph_.output).positions() == 1) {
    add_layer("Flatten", unique("scores"), {}, {result});
    result = last_;
  }
  Json model = {{"module", "keras.src.models.functional"},
                {"class_name", "Functional"},
                {"registered_name", "Functional"}};
  model["config"] = {{"name", unique(model_.architecture.name)},
                     {"trainable", true},
                     {"layers", finish(result)},
                     {"input_layers", Json::array({kClipName, 0, 0})},
                     {"output_layers", Json::array({result, 0, 0})}};
  result_.config = json_text(model);
  return std::move(result_);
}

// A product for attention, what follows it, and the convolution of what a ConvLSTM reads.
bool NetworkWriter::is_part_of_another() const {
  if (names_.contains(number_)) return true;
  if (std::holds_alternative<Convolution>(node_->operation)) return sole_reader<ConvLstm>(number_) >= 0;
  return std::holds_alternative<Dense>(node_->operation) && sole_reader<Attention>(number_) >= 0;
}

void NetworkWriter::refuse(const std::string& why) const {
  throw ModelError(fmt::format("{}: layer '{}' ({}): Keras has no layer that {}", model_.architecture.name,
                               node_->name, traits(graph_, *node_).name, why));
}

std::string NetworkWriter::unique(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == '.'; }, '_');
  std::string free = name;
  for (int i = 1; !taken_.insert(free).second; ++i) free = fmt::format("{}_{}", name, i);
  return free;
}

NetworkWriter::Json NetworkWriter::tensor(const std::string& layer) const {
  const auto found = extents_.find(layer);
  return {{"class_name", "__keras_tensor__"},
          {"config",
           {{"shape", shape_of(found == extents_.end() ? graph_.input : found->second)},
            {"dtype", "float32"},
            {"keras_history", Json::array({layer, 0, 0})}}}};
}

void NetworkWriter::add_layer(const std::string& type, const std::string& name, Json config,
                              const std::vector<std::string>& inputs) {
  taken_.insert(name);
  const auto operation = operations().find(type);
  Json own = {{"name", name}};
  if (operation == operations().end()) own["trainable"] = true;
  if (!config.is_null()) own.update(config);
  Json layer = {{"module", operation == operations().end() ? "keras.layers" : operation->second},
                {"class_name", type},
                {"config", std::move(own)},
                {"registered_name", operation == operations().end() ? Json() : Json(type)},
                {"name", name}};
  layer["inbound_nodes"] = Json::array();
  if (!inputs.empty()) {
    Json arguments = Json::array();
    for (const std::string& input : inputs) arguments.push_back(tensor(input));
    if (inputs.size() > 1 && type != "MultiHeadAttention") arguments = Json::array({arguments});
    layer["inbound_nodes"].push_back({{"args", arguments}, {"kwargs", Json::object()}});
  }
  Layer added{.json = std::move(layer), .inputs = {}, .weights_class = {}, .weights = {}};
  for (const std::string& input : inputs) added.inputs.push_back(layer_by_name_.at(input));
  layer_by_name_[name] = layers_.size();
  layers_.push_back(std::move(added));
  last_ = name;
}

std::vector<std::string> NetworkWriter::inputs() const {
  std::vector<std::string> list;
  for (const int value : node_->inputs) list.push_back(names_.at(value));
  return list;
}

void NetworkWriter::add_own(const std::string& type, Json config, const std::string& before) {
  const std::vector<std::string> from = before.empty() ? inputs() : std::vector<std::string>{before};
  add_layer(type, unique(node_->name), std::move(config), from);
}

std::string NetworkWriter::add_beside(const std::string& type, const std::string& suffix, Json config,
                                      const std::string& input, const Extents& extents) {
  add_layer(type, unique(fmt::format("{}_{}", node_->name, suffix)), std::move(config), {input});
  extents_[last_] = extents;
  return last_;
}

const Tensor& NetworkWriter::value(const GraphNode& node, const std::string& role) const {
  for (const Parameter& parameter : node.parameters)
    if (parameter.role == role) return model_.weights.tensors.at(parameter.name);
  throw ModelError(fmt::format("layer '{}' has no '{}'", node.name, role));
}

void NetworkWriter::set_weights(const std::string& class_in_snake, std::vector<Tensor> values,
                                const std::string& part) {
  layers_.back().weights_class = class_in_snake;
  layers_.back().weights.emplace_back(part, std::move(values));
}

NetworkWriter::Json NetworkWriter::finish(const std::string& output) {
  std::vector<std::vector<std::size_t>> inputs;
  for (const Layer& layer : layers_) inputs.push_back(layer.inputs);
  std::map<std::string, int> counts;  // by class
  Json ordered = Json::array();
  for (const std::size_t i : layer_order(inputs, layer_by_name_.at(output))) {
    Layer& layer = layers_[i];
    ordered.push_back(std::move(layer.json));
    if (layer.weights.empty()) continue;
    const int number = counts[layer.weights_class]++;
    const std::string group =
        fmt::format("layers/{}{}", layer.weights_class, number == 0 ? "" : fmt::format("_{}", number));
    for (auto& [part, values] : layer.weights)
      for (std::size_t k = 0; k < values.size(); ++k)
        result_.weights.tensors.emplace(fmt::format("{}/{}vars/{}", group, part, k), std::move(values[k]));
    result_.weights.group_names[group + "/vars"] = ordered.back()["name"];
  }
  return ordered;
}

void NetworkWriter::add(const BatchNorm& n) {
  add_own("BatchNormalization", {{"axis", -1},
                                 {"momentum", shortest_decimal(n.momentum)},
                                 {"epsilon", shortest_decimal(n.epsilon)},
                                 {"center", n.shift},
                                 {"scale", n.scale}});
  std::vector<Tensor> values;
  if (n.scale) values.push_back(value("gamma"));
  if (n.shift) values.push_back(value("beta"));
  values.push_back(value("moving_mean"));
  values.push_back(value("moving_variance"));
  set_weights("batch_normalization", std::move(values));
}

void NetworkWriter::add(const actionflow::Activation& a) {
  if (a.kind == ActivationKind::hard_sigmoid && keras_function_of(a).empty())
    refuse("is a hard sigmoid of another slope than 1/6");
  auto [type, config] = keras_layer_of(a);
  if (type.empty()) refuse("is this activation with such parameters");
  add_own(type, std::move(config));
}

void NetworkWriter::add(const PRelu&) {
  const Tensor& alpha = value("alpha");
  const bool shared = alpha.size() == 1 && node_->extents.c != 1;
  add_own("PReLU", {{"shared_axes", shared ? Json::array({1, 2, 3, 4}) : Json::array({1, 2, 3})}});
  set_weights("p_re_lu", {Tensor(alpha).reshaped({1, 1, 1, alpha.size()})});
}

void NetworkWriter::add(const Dense& d) {
  add_own("Dense", {{"units", d.units}, {"use_bias", d.bias}});
  std::vector<Tensor> values{keras_kernel(value("kernel"))};
  if (d.bias) values.push_back(value("bias"));
  set_weights("dense", std::move(values));
}

void NetworkWriter::add(const Dropout& d) { add_own("Dropout", {{"rate", d.rate}}); }

void NetworkWriter::add(const Reshape& r) { add_own("Reshape", {{"target_shape", extents(r.to)}}); }

void NetworkWriter::add(const Permute& p) {
  Json dims = Json::array();
  for (const int axis : p.order) dims.push_back(axis + 1);
  add_own("Permute", {{"dims", dims}});
}

void NetworkWriter::add(const Elementwise& e) {
  const bool mean = e.kind == Elementwise::Kind::add &&
                    std::abs(e.scale * static_cast<float>(node_->inputs.size()) - 1) < 1e-6F;
  if (e.scale != 1 && !mean) refuse("scales a join");
  if (mean && e.scale != 1) return add_own("Average", Json::object());
  const std::array<const char*, 3> names{"Add", "Multiply", "Maximum"};
  add_own(names[static_cast<std::size_t>(e.kind)], Json::object());
}

}  // namespace actionflow::keras
