#include "pipeline/graph/print_config.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "base/text/mask.h"
#include "nodes/node_kinds.h"

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

// The keys that the command line sets over those of such a node.
std::vector<config::Value::Entry> set_by_flags(const NodeKind& kind, const PrintedFlags& flags) {
  if (flags.hop && kind.output == PortType::clips)
    return {entry("hop", config::make_scalar(std::to_string(*flags.hop)))};
  if (flags.advance && is_network(kind))
    return {entry("advance", config::make_scalar(std::string(to_string(*flags.advance))))};
  return {};
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

bool is_one_of(const std::string& key, std::initializer_list<std::string_view> keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// A node's options as they are used: paths count from the working folder, as those of streams do, and secrets
// are hidden wherever they come from.
config::Value options_of(const config::Value& options) {
  if (!options.is_map()) return options;
  std::vector<config::Value::Entry> keys;
  for (const auto& key : options.entries()) {
    config::Value value = options_of(key.value);
    if (names_a_secret(key.key)) {
      value = config::make_secret(config::make_scalar("", true));
    } else if (is_one_of(key.key, {"file", "folder", "weights", "model", "ca", "certificate", "key"}) &&
               value.is_scalar() && !value.secret()) {
      value = config::make_scalar(value.path().string(), true);
    }
    keys.push_back(entry(key.key, std::move(value)));
  }
  return config::make_map(std::move(keys));
}

config::Value graph_of(const config::Value& graph, const PrintedFlags& flags) {
  std::vector<config::Value::Entry> nodes;
  for (const auto& node : graph.entries()) {
    config::Value printed = options_of(node.value);
    const config::Value* name = node.value.find("node");
    if (const NodeKind* kind = name != nullptr ? find_node_kind(name->text()) : nullptr)
      printed = config::merge(printed, config::make_map(set_by_flags(*kind, flags)));
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
    if (is_network(*node.kind)) {
      if (!flags.model.empty()) keys.push_back(entry("model", config::make_scalar(flags.model, true)));
      keys.push_back(entry("weights", config::make_scalar(flags.weights, true)));
    }
    for (config::Value::Entry& set : set_by_flags(*node.kind, flags)) keys.push_back(std::move(set));
    nodes.push_back(entry(node.use.name, config::make_map(std::move(keys))));
  }
  return config::make_map(std::move(nodes));
}

}  // namespace

std::string print_config(const PipelineDescription& description, const std::optional<config::Value>& document,
                         const PrintedFlags& flags) {
  std::string text = "options:\n" + config::print(description.options, 2);
  if (!description.metrics.file.empty()) text += "metrics:\n" + config::print(description.metrics, 2);
  text += "streams:\n";
  for (const StreamDescription& stream : description.streams) {
    text += config::print(config::make_map({entry(stream.name, {})}), 2);
    text.erase(text.rfind(':') + 1);
    text += "\n" + config::print(stream.source, origin_of(stream, document), 4);
  }
  if (description.web) text += "web:\n" + config::print(*description.web, 2);
  if (description.share) text += "share:\n" + config::print(*description.share, 2);
  const config::Value* graph = document ? document->find("graph") : nullptr;
  return text + "graph:\n" +
         config::print(graph != nullptr ? graph_of(*graph, flags) : graph_of(description, flags), 2);
}

}  // namespace actionflow
