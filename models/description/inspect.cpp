#include "models/description/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text/json_text.h"

namespace actionflow {
namespace {

std::int64_t parameter_count(const LayerInfo& layer) {
  std::int64_t count = 0;
  for (const Parameter& parameter : layer.parameters) count += element_count(parameter.shape);
  return count;
}

// 33371472: "33,371,472"
std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3)
    text.insert(static_cast<std::size_t>(i), ",");
  return text;
}

// "12.3 %"; nothing for what costs nothing.
std::string share_of(std::int64_t macs, std::int64_t all) {
  if (macs == 0) return {};
  return fmt::format("{:.1f} %", 100 * static_cast<double>(macs) / static_cast<double>(all));
}

std::string mebibytes(std::int64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

// fmt counts the bytes of ×, a reader its columns.
std::string padded(const std::string& text, std::size_t width) {
  const auto columns = static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  return text + std::string(columns < width ? width - columns : 0, ' ');
}

std::size_t widest(const Architecture& architecture, std::string LayerInfo::*column, std::size_t least) {
  std::size_t width = least;
  for (const LayerInfo& layer : architecture.layers) width = std::max(width, (layer.*column).size());
  return width;
}

std::string totals(const Architecture& architecture) {
  const std::int64_t parameters = architecture.parameter_count();
  std::string text = fmt::format("parameters            {} ({} trainable)\n", grouped(parameters),
                                 grouped(architecture.trainable_parameter_count()));
  const char* const what = architecture.streams ? "sequence" : "clip";
  text += fmt::format("multiply-accumulates  {} a {}\n", grouped(architecture.macs()), what);
  if (architecture.streams)
    text += fmt::format("                      {} a second of video, the state carried along\n",
                        grouped(macs_a_second(architecture)));
  text += fmt::format("memory                {} of weights, {} of activations a {}, in f32\n",
                      mebibytes(4 * parameters), mebibytes(activation_bytes(architecture.graph)), what);
  return text;
}

}  // namespace

std::int64_t activation_bytes(const Graph& graph) {
  const std::vector<std::vector<int>> readers = consumers(graph);
  const auto size = [&](int value) { return 4 * graph.extents(value).size(); };
  const auto last_reader = [&](int value) {
    const std::vector<int>& by = readers[static_cast<std::size_t>(value + graph.input_count())];
    return by.empty() ? -1 : by.back();
  };
  std::int64_t live = 0;
  for (int input = -1; input >= -graph.input_count(); --input) live += size(input);
  std::int64_t most = live;
  for (int node = 0; node < static_cast<int>(graph.nodes.size()); ++node) {
    live += size(node);
    most = std::max(most, live);
    std::vector<int> inputs = graph.nodes[static_cast<std::size_t>(node)].inputs;
    std::sort(inputs.begin(), inputs.end());
    inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
    for (const int value : inputs) {
      if (last_reader(value) == node) live -= size(value);
    }
  }
  return most;
}

std::int64_t macs_a_second(const Architecture& architecture) {
  const double a_sample = static_cast<double>(architecture.macs()) / architecture.input.frames;
  return std::llround(a_sample * architecture.input.frame_rate);
}

std::string layer_table(const Architecture& architecture) {
  const Extents& input = architecture.graph.input;
  const std::size_t name = widest(architecture, &LayerInfo::name, 5) + 2;
  const std::size_t type = widest(architecture, &LayerInfo::type, 4) + 2;
  std::string text =
      fmt::format("{}: a {} of {} (channels × frames × height × width), {:g} frames a second, {} classes\n\n",
                  architecture.name, architecture.streams ? "sequence" : "clip", to_string(input),
                  architecture.input.frame_rate, architecture.classes.size());
  text += padded("layer", name) + padded("kind", type) + padded("output", 18) +
          fmt::format("{:>12}{:>18}{:>9}\n", "parameters", "MACs", "share");
  const std::int64_t macs = architecture.macs();
  for (const LayerInfo& layer : architecture.layers) {
    text += padded(layer.name, name) + padded(layer.type, type) + padded(to_string(layer.output), 18) +
            fmt::format("{:>12}{:>18}{:>9}\n", grouped(parameter_count(layer)), grouped(layer.macs),
                        share_of(layer.macs, macs));
  }
  return text + "\n" + totals(architecture);
}

std::string layers_json(const Architecture& architecture) {
  using Json = nlohmann::ordered_json;
  const Extents& input = architecture.graph.input;
  Json layers = Json::array();
  for (const LayerInfo& layer : architecture.layers) {
    const Extents& out = layer.output;
    layers.push_back({{"name", layer.name},
                      {"type", layer.type},
                      {"output_shape", {out.c, out.t, out.h, out.w}},
                      {"parameters", parameter_count(layer)},
                      {"macs", layer.macs}});
  }
  Json json{{"name", architecture.name},
            {"input", {{"channels", input.c}, {"frames", input.t}, {"height", input.h}, {"width", input.w}}},
            {"classes", architecture.classes.size()},
            {"parameters", architecture.parameter_count()},
            {"trainable_parameters", architecture.trainable_parameter_count()},
            {"macs", architecture.macs()},
            {"layers", layers}};
  if (architecture.streams) {
    json["streams"] = true;
    json["macs_per_second"] = macs_a_second(architecture);
  }
  return json_text(json);
}

}  // namespace actionflow
