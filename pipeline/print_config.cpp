#include "pipeline/print_config.h"

namespace actionflow {
namespace {

config::Value::Entry entry(std::string key, config::Value value) {
  return {std::move(key), {}, std::move(value)};
}

config::Value names(const std::vector<std::string>& list) {
  std::vector<config::Value> items;
  for (const std::string& name : list) items.push_back(config::make_scalar(name));
  return items.size() == 1 ? items.front() : config::make_list(std::move(items));
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

// The nodes of a graph that stands in no file.
config::Value graph_of(const PipelineDescription& description) {
  std::vector<config::Value::Entry> nodes;
  for (const NodeDescription& node : description.nodes) {
    std::vector<config::Value::Entry> keys{entry("node", config::make_scalar(node.kind->name))};
    std::vector<std::string> from;
    for (const int input : node.inputs)
      from.push_back(description.nodes[static_cast<std::size_t>(input)].use.name);
    if (!from.empty()) keys.push_back(entry("from", names(from)));
    nodes.push_back(entry(node.use.name, config::make_map(std::move(keys))));
  }
  return config::make_map(std::move(nodes));
}

}  // namespace

std::string print_config(const PipelineDescription& description,
                         const std::optional<config::Value>& document) {
  std::string text = "options:\n" + config::print(description.options, 2) + "streams:\n";
  for (const StreamDescription& stream : description.streams) {
    text += config::print(config::make_map({entry(stream.name, {})}), 2);
    text.erase(text.rfind(':') + 1);
    text += "\n" + config::print(stream.source, origin_of(stream, document), 4);
  }
  const config::Value* graph = document ? document->find("graph") : nullptr;
  return text + "graph:\n" + config::print(graph != nullptr ? *graph : graph_of(description), 2);
}

}  // namespace actionflow
