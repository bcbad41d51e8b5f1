#include "pipeline/graph/print_config.h"

namespace actionflow {
namespace {

config::Value::Entry entry(std::string key, config::Value value) {
  return {std::move(key), {}, std::move(value)};
}

config::Value names(const std::vector<std::string>& list) {
  std::vector<config::Value> items;
  items.reserve(list.size());
  for (const std::string& name : list) items.push_back(config::make_scalar(name));
  return items.size() == 1 ? items.front() : config::make_list(std::move(items));
}

config::Value hop(int samples) {
  return config::make_map({entry("hop", config::make_scalar(std::to_string(samples)))});
}

// What a stream was read from, so that what came from the environment stays hidden.
config::Value origin_of(const StreamDescription& stream, const std::optional<config::Value>& document) {
  if (!document) return {};
  const config::Value* streams = document->find("streams");
  const config::Value* own = streams != nullptr ? streams->find(stream.name) : nullptr;
  if (own == nullptr) return {};
  const config::Value written = own->is_scalar() ? config::make_map({entry("source", *own)}) : *own;
  const config::Value* defaults = document->find("defaults");
  return defaults != nullptr ? config::merge(*defaults, written) : written;
}

bool names_a_file(const std::string& key, const config::Value& value) {
  return (key == "file" || key == "weights" || key == "model") && value.is_scalar() && !value.secret();
}

// The file's nodes as they are used: paths count from the working folder, as those of streams do.
config::Value graph_of(const config::Value& graph, const PrintedFlags& flags) {
  std::vector<config::Value::Entry> nodes;
  for (const auto& node : graph.entries()) {
    std::vector<config::Value::Entry> keys;
    for (const auto& key : node.value.entries()) {
      const bool is_path = names_a_file(key.key, key.value);
      keys.push_back(
          entry(key.key, is_path ? config::make_scalar(key.value.path().string(), true) : key.value));
    }
    config::Value printed = config::make_map(std::move(keys));
    const config::Value* kind = node.value.find("node");
    if (flags.hop && kind != nullptr && kind->text() == "window")
      printed = config::merge(printed, hop(*flags.hop));
    nodes.push_back(entry(node.key, std::move(printed)));
  }
  return config::make_map(std::move(nodes));
}

// The nodes of a graph that stands in no file.
config::Value graph_of(const PipelineDescription& description, const PrintedFlags& flags) {
  std::vector<config::Value::Entry> nodes;
  for (const NodeDescription& node : description.nodes) {
    std::vector<config::Value::Entry> keys{entry("node", config::make_scalar(node.kind->name))};
    std::vector<std::string> from;
    for (const int input : node.inputs)
      from.push_back(description.nodes[static_cast<std::size_t>(input)].use.name);
    if (!from.empty()) keys.push_back(entry("from", names(from)));
    const bool is_network = node.kind->inputs == std::vector<PortType>{PortType::clips};
    if (is_network && !flags.model.empty())
      keys.push_back(entry("model", config::make_scalar(flags.model, true)));
    if (is_network) keys.push_back(entry("weights", config::make_scalar(flags.weights, true)));
    if (node.kind->output == PortType::clips && flags.hop)
      keys.push_back(entry("hop", config::make_scalar(std::to_string(*flags.hop))));
    nodes.push_back(entry(node.use.name, config::make_map(std::move(keys))));
  }
  return config::make_map(std::move(nodes));
}

}  // namespace

std::string print_config(const PipelineDescription& description, const std::optional<config::Value>& document,
                         const PrintedFlags& flags) {
  std::string text = "options:\n" + config::print(description.options, 2) + "streams:\n";
  for (const StreamDescription& stream : description.streams) {
    text += config::print(config::make_map({entry(stream.name, {})}), 2);
    text.erase(text.rfind(':') + 1);
    text += "\n" + config::print(stream.source, origin_of(stream, document), 4);
  }
  const config::Value* graph = document ? document->find("graph") : nullptr;
  return text + "graph:\n" +
         config::print(graph != nullptr ? graph_of(*graph, flags) : graph_of(description, flags), 2);
}

}  // namespace actionflow
