#include "models/formats/keras/keras_config.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "base/error.h"
#include "models/description/model_lines.h"
#include "models/formats/keras/keras_layers.h"
#include "models/formats/keras/keras_network.h"

namespace actionflow {
namespace {

using keras::Line;
using keras::Value;

// T, H, W, C of the input; what is open is filled.
struct InputExtents {
  std::int64_t frames = 1, height = 1, width = 1, channels = 1;
  bool open = false;
};

InputExtents read_input(const std::vector<std::optional<std::int64_t>>& shape, const KerasOpenExtents& open) {
  InputExtents input;
  const auto fill = [&](std::int64_t& extent, const std::optional<std::int64_t>& stated, int otherwise) {
    extent = stated.value_or(otherwise);
    input.open = input.open || !stated;
  };
  const std::size_t rank = shape.size();
  input.channels = shape.back().value_or(1);
  if (rank == 2) fill(input.frames, shape[0], open.frames);
  if (rank == 4) fill(input.frames, shape[0], open.frames);
  if (rank >= 3) {
    fill(input.height, shape[rank - 3], open.height);
    fill(input.width, shape[rank - 2], open.width);
  }
  return input;
}

std::string print_comment(const InputExtents& input, const std::string& file) {
  std::string text = fmt::format(
      "# From {}. Keras does not say how its input was prepared:\n"
      "# check frame_rate, color, range, mean, std and resize.\n",
      keras::printable(std::filesystem::path(file).filename().string()));
  if (input.open) text += "# The file leaves frames, height or width open: check these too.\n";
  return text;
}

// A last dense layer says how many classes there are; one unit stands for two.
std::string print_classes(const Value& result, std::vector<Line>& lines) {
  if (!result.classes || result.rank != 1 || result.channels < 2) return {};
  name_classes(lines);
  return fmt::format("classes: {}\n", result.channels);
}

// Every layer's name, made one of ours and unique.
std::map<std::string, std::string> name_layers(const keras::Network& network, const std::string& file) {
  std::map<std::string, std::string> names, owners;
  for (const keras::NetworkLayer& layer : network.layers) {
    const std::string name = layer_name_from_keras(layer.name);
    const auto [owner, fresh] = owners.emplace(name, layer.name);
    if (!fresh) {
      throw ModelError(
          fmt::format("{}: the layers '{}' and '{}' have one name here", file, owner->second, layer.name));
    }
    names.emplace(layer.name, name);
  }
  return names;
}

Value convert(const keras::Network& network, const std::string& file, std::vector<Line>& lines) {
  const std::map<std::string, std::string> names = name_layers(network, file);
  std::map<std::string, Value> values;
  const Value input{.layer = kInputName,
                    .rank = static_cast<int>(network.input.size()),
                    .channels = network.input.back().value_or(0)};
  Value result = input;
  for (const keras::NetworkLayer& layer : network.layers) {
    std::vector<Value> inputs;
    for (const std::string& name : layer.inputs) inputs.push_back(values.at(name));
    if (inputs.empty()) inputs.push_back(input);
    const keras::Settings settings(*layer.config,
                                   fmt::format("{}: layer '{}' ({})", file, layer.name, layer.class_name));
    result = keras::convert_layer({names.at(layer.name), layer.class_name, settings, inputs, layer.call,
                                   network.version, layer.in_time},
                                  lines);
    values.emplace(layer.name, result);
  }
  return keras::in_its_order(result, lines);
}

}  // namespace

std::string layer_name_from_keras(std::string_view name) { return layer_name_from(name); }

KerasDescription describe_keras(const std::string& model_config, const std::string& version,
                                const std::string& file, const KerasOpenExtents& open) {
  const keras::Network network = keras::read_network(model_config, version, file);
  const InputExtents input = read_input(network.input, open);
  std::vector<Line> lines;
  const Value result = convert(network, file, lines);
  if (!result.padding.empty())
    throw ModelError(fmt::format("{}: is the network's end, where zeros around a value are not known here",
                                 result.padded_by));
  if (lines.empty()) throw ModelError(fmt::format("{}: the network computes nothing", file));
  KerasDescription description{.yaml = print_comment(input, file), .open_input = input.open};
  description.yaml += fmt::format(
      "name: {}\n", print_name(layer_name_from_keras(std::filesystem::path(file).stem().string())));
  description.yaml += print_unprepared_input(input.channels, input.frames, input.height, input.width);
  description.yaml += print_classes(result, lines);  // changes a line
  description.yaml += print_layers(lines);
  return description;
}

}  // namespace actionflow
