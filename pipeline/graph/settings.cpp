#include "pipeline/graph/settings.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "nodes/node_kinds.h"

namespace actionflow {

namespace {

using Entries = std::vector<config::Value::Entry>;

config::Value member_of(const config::Value& value, const char* name) {
  const config::Value* found = value.find(name);
  return found ? *found : config::Value();
}

bool is_removed(const config::Value& settings, const std::string& stream) {
  const config::Value removed = member_of(settings, "removed");
  return std::any_of(removed.items().begin(), removed.items().end(),
                     [&](const config::Value& name) { return name.text() == stream; });
}

config::Value with_streams(const config::Value& streams, const config::Value& settings,
                           std::vector<std::string>& warnings) {
  const config::Value own = member_of(settings, "streams");
  Entries entries;
  for (const auto& entry : streams.entries()) {
    if (own.find(entry.key)) continue;
    if (!is_removed(settings, entry.key))
      entries.push_back(entry);
    else
      warnings.push_back(config::to_string(entry.key_place) + ": warning: stream '" + entry.key +
                         "' was removed on the page or by a message and is not watched; add it there, or "
                         "take its name out of 'removed' in " +
                         (settings.place().file ? *settings.place().file : std::string("the settings")));
  }
  entries.insert(entries.end(), own.entries().begin(), own.entries().end());
  return config::make_map(std::move(entries));
}

bool may_change(const config::Value& node) {
  const config::Value* kind = node.find("node");
  const NodeKind* known = kind ? find_node_kind(kind->text()) : nullptr;
  return known && known->options_may_change;
}

config::Value with_options(const config::Value& graph, const config::Value& settings,
                           std::vector<std::string>& warnings) {
  const config::Value own = member_of(settings, "graph");
  Entries entries;
  for (const auto& entry : graph.entries()) {
    const config::Value* options = own.find(entry.key);
    entries.push_back(entry);
    if (options && may_change(entry.value)) entries.back().value = config::merge(entry.value, *options);
  }
  for (const auto& entry : own.entries()) {
    const config::Value* node = graph.find(entry.key);
    if (node && may_change(*node)) continue;
    warnings.push_back(config::to_string(entry.key_place) + ": warning: there is no node '" + entry.key +
                       "' any more whose options the page changes; they are passed over");
  }
  return config::make_map(std::move(entries));
}

// The map with one member in another form.
config::Value with_member(const config::Value& map, const std::string& name,
                          const std::function<config::Value(const config::Value&)>& change) {
  Entries entries = map.entries();
  for (auto& entry : entries) {
    if (entry.key == name && entry.value.is_map()) entry.value = change(entry.value);
  }
  return config::make_map(std::move(entries));
}

}  // namespace

config::Value with_settings(const config::Value& pipeline, const config::Value& settings,
                            std::vector<std::string>& warnings) {
  if (!settings.is_map() || !pipeline.is_map()) return pipeline;
  config::Value changed = with_member(pipeline, "streams", [&](const config::Value& streams) {
    return with_streams(streams, settings, warnings);
  });
  changed = with_member(changed, "graph",
                        [&](const config::Value& graph) { return with_options(graph, settings, warnings); });
  const config::Value web = member_of(settings, "web");
  if (web.is_null()) return changed;
  return with_member(changed, "web", [&](const config::Value& own) { return config::merge(own, web); });
}

config::Value settings_of_node(const config::Value& settings, const std::string& name) {
  return member_of(member_of(settings, "graph"), name.c_str());
}

config::Value settings_of_overlay(const config::Value& settings) {
  return member_of(member_of(settings, "web"), "overlay");
}

}  // namespace actionflow
