#include "pipeline/commands/made_by.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "models/formats/model_fingerprint.h"

namespace actionflow {

namespace {

// On one line, without where the network's files lie.
std::string options_text(const config::Value& options) {
  if (!options.is_map()) return {};
  std::vector<config::Value::Entry> kept;
  for (const auto& entry : options.entries())
    if (entry.key != "weights" && entry.key != "model") kept.push_back(entry);
  std::string text = config::print(config::make_map(std::move(kept)));
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::string_view precision_text(Precision precision) {
  for (const auto& [value, name] : config::EnumNames<Precision>::names)
    if (value == precision) return name;
  return "?";
}

std::string node_text(const NodeDescription& node, const PipelineDescription& description) {
  std::string text = node.use.name + ": " + node.kind->name;
  for (const int input : node.inputs)
    text += " " + description.nodes[static_cast<std::size_t>(input)].use.name;
  if (const auto model = node.node->model()) text += fmt::format(" {:016x}", model_fingerprint(*model));
  return text + " " + options_text(node.options) + "\n";
}

}  // namespace

std::string made_by(const PipelineDescription& description, const PipelineOverrides& overrides) {
  std::string text = fmt::format("precision: {}\nhop: {}\nadvance: {}\nwindows: {}\nstreams: {}\n",
                                 precision_text(description.options.precision),
                                 overrides.hop ? std::to_string(*overrides.hop) : "as the graph has it",
                                 overrides.advance == Advance::approximate ? "approximate" : "exact",
                                 description.windows_too ? "beside events" : "where there are no events",
                                 options_text(description.defaults));
  for (const NodeDescription& node : description.nodes)
    if (node.kind->output != PortType::nothing) text += node_text(node, description);
  return text;
}

}  // namespace actionflow
