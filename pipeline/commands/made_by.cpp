#include "pipeline/commands/made_by.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/hash.h"
#include "base/text/remote_name.h"
#include "base/text/source_name.h"
#include "datasets/recordings/source_fingerprint.h"
#include "models/formats/model_fingerprint.h"

namespace actionflow {

namespace {

std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

// What stands elsewhere in the text, or where a network's files lie.
bool is_told_elsewhere(const std::string& key) {
  return key == "node" || key == "from" || key == "weights" || key == "model" || key == "hop" ||
         key == "advance";
}

bool is_preset(const std::string& key, const config::Value& value, const config::Schema& schema) {
  const auto found = std::ranges::find(schema.properties, key, [](const auto& one) { return one.first; });
  return found != schema.properties.end() && found->second.preset &&
         config::print(*found->second.preset) == config::print(value);
}

std::string options_text(const config::Value& options, const config::Schema& schema) {
  if (!options.is_map()) return {};
  std::vector<config::Value::Entry> kept;
  for (const auto& entry : options.entries())
    if (!is_told_elsewhere(entry.key) && !is_preset(entry.key, entry.value, schema)) kept.push_back(entry);
  std::ranges::sort(kept, {}, [](const auto& entry) { return entry.key; });
  return kept.empty() ? std::string() : " " + on_one_line(config::print(config::make_map(std::move(kept))));
}

std::string_view precision_text(Precision precision) {
  for (const auto& [value, name] : config::EnumNames<Precision>::names)
    if (value == precision) return name;
  return "?";
}

bool is_approximate(const NodeDescription& node, const PipelineOverrides& overrides) {
  if (!is_network(*node.kind)) return false;
  const config::Value* own = node.options.is_map() ? node.options.find("advance") : nullptr;
  return overrides.advance ? *overrides.advance == Advance::approximate
                           : own && own->text() == to_string(Advance::approximate);
}

std::string node_text(const NodeDescription& node, const PipelineDescription& description,
                      const PipelineOverrides& overrides) {
  std::string text = node.use.name + ": " + node.kind->name;
  for (const int input : node.inputs)
    text += " " + description.nodes[static_cast<std::size_t>(input)].use.name;
  if (const auto model = node.node->model()) text += fmt::format(" {:016x}", model_fingerprint(*model));
  if (const double interval = node.node->sample_interval(); interval > 0)
    text += fmt::format(" hop {}", std::lround(node.node->hop_seconds() / interval));
  if (is_approximate(node, overrides)) text += " approximate";
  const EventOptions* events = node.node->event_options();
  text +=
      events ? " " + on_one_line(config::print(*events)) : options_text(node.options, node.kind->schema());
  return text + "\n";
}

}  // namespace

std::string made_by(const PipelineDescription& description, const PipelineOverrides& overrides) {
  const bool finds_events = std::ranges::any_of(
      description.nodes, [](const NodeDescription& node) { return node.kind->output == PortType::events; });
  std::string text =
      fmt::format("precision: {}\nwindows: {}\n", precision_text(description.options.precision),
                  description.windows_too && finds_events ? "beside events" : "where there are no events");
  for (const NodeDescription& node : description.nodes)
    if (node.kind->output != PortType::nothing) text += node_text(node, description, overrides);
  return text;
}

std::string made_from(const SourceOptions& source) {
  SourceOptions read;
  read.frame_rate = source.frame_rate;
  read.skip = source.skip;
  read.hardware = source.hardware;
  read.crop = source.crop;
  read.mask = source.mask;
  std::error_code none;
  const std::filesystem::path file =
      is_remote(source.source) ? std::filesystem::path() : std::filesystem::canonical(source.source, none);
  read.source = file.empty() ? recording_name(source.source) : file.filename().string();
  std::string text = config::print(read);
  if (std::filesystem::is_regular_file(file, none)) {
    const SourceFingerprint now = fingerprint_of(file);
    text += fmt::format("{} {}", now.bytes, now.modified_ns);
  }
  return fmt::format("{:016x}", fnv1a(text));
}

}  // namespace actionflow
