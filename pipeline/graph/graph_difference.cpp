#include "pipeline/graph/graph_difference.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace actionflow {

namespace {

// Keys of a network node that say which network it runs.
constexpr std::array<std::string_view, 4> kNetworkKeys{"weights", "model", "random_weights", "calibrated"};

bool same_items(const config::Value& a, const config::Value& b) {
  return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(), same_value);
}

bool same_entries(const config::Value& a, const config::Value& b) {
  return a.entries().size() == b.entries().size() &&
         std::all_of(a.entries().begin(), a.entries().end(), [&](const auto& entry) {
           const config::Value* other = b.find(entry.key);
           return other != nullptr && same_value(entry.value, *other);
         });
}

config::Value without_network(const config::Value& options) {
  std::vector<config::Value::Entry> kept;
  for (const auto& entry : options.entries()) {
    if (std::find(kNetworkKeys.begin(), kNetworkKeys.end(), entry.key) == kNetworkKeys.end())
      kept.push_back(entry);
  }
  return config::make_map(std::move(kept));
}

// Two indices name the same input where the nodes at them have one name.
bool same_inputs(const PipelineDescription& a, const NodeDescription& x, const PipelineDescription& b,
                 const NodeDescription& y) {
  const auto name = [](const PipelineDescription& description, int input) {
    return description.nodes[static_cast<std::size_t>(input)].use.name;
  };
  return std::equal(x.inputs.begin(), x.inputs.end(), y.inputs.begin(), y.inputs.end(),
                    [&](int one, int other) { return name(a, one) == name(b, other); });
}

// Windows follow from the networks below them where the file says nothing of them.
bool same_windows(const Node& a, const Node& b) {
  return a.window_seconds() == b.window_seconds() && a.hop_seconds() == b.hop_seconds() &&
         a.sample_interval() == b.sample_interval();
}

bool same_node(const PipelineDescription& a, const NodeDescription& x, const PipelineDescription& b,
               const NodeDescription& y) {
  const auto options = [](const NodeDescription& node) {
    if (node.kind->options_may_change) return config::Value();
    return node.node->model() ? without_network(node.options) : node.options;
  };
  const bool takes_streams = x.inputs.empty();  // the nodes below it have them from there
  return x.kind == y.kind && (!takes_streams || x.use.only == y.use.only) &&
         x.final_result == y.final_result && same_inputs(a, x, b, y) && same_value(options(x), options(y)) &&
         same_windows(*x.node, *y.node);
}

const NodeDescription* find_node(const PipelineDescription& description, const std::string& name) {
  const auto found = std::find_if(description.nodes.begin(), description.nodes.end(),
                                  [&](const NodeDescription& node) { return node.use.name == name; });
  return found == description.nodes.end() ? nullptr : &*found;
}

bool same_options(const PipelineOptions& a, const PipelineOptions& b) {
  return a.workers == b.workers && a.threads == b.threads && a.precision == b.precision &&
         a.kernels == b.kernels;
}

bool same_server(const std::optional<WebOptions>& a, const std::optional<WebOptions>& b) {
  return a.has_value() == b.has_value() && (!a || (a->listen == b->listen && a->token == b->token));
}

}  // namespace

bool same_value(const config::Value& a, const config::Value& b) {
  return a.kind() == b.kind() && a.text() == b.text() && same_items(a, b) && same_entries(a, b);
}

std::vector<std::string> graph_difference(const PipelineDescription& a, const PipelineDescription& b) {
  std::vector<std::string> names;
  if (!same_options(a.options, b.options)) names.emplace_back("options");
  if (!same_server(a.web, b.web)) names.emplace_back("web");
  if (a.share != b.share) names.emplace_back("share");
  for (const NodeDescription& node : a.nodes) {
    const NodeDescription* other = find_node(b, node.use.name);
    if (!other || !same_node(a, node, b, *other)) names.push_back(node.use.name);
  }
  for (const NodeDescription& node : b.nodes) {
    if (!find_node(a, node.use.name)) names.push_back(node.use.name);
  }
  return names;
}

}  // namespace actionflow
