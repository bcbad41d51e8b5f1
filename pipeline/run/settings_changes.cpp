#include "pipeline/run/settings_changes.h"

#include <algorithm>

#include "base/error.h"
#include "base/text/mask.h"

namespace actionflow {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestPatch = 16 << 10;

Json json_of(const config::Value& value) {
  Json json;
  if (value.is_scalar()) {
    if (value.quoted()) return value.text();
    json = Json::parse(value.text(), nullptr, false);
    return json.is_number() || json.is_boolean() ? json : Json(value.text());
  }
  if (value.is_list()) json = Json::array();
  if (value.is_map()) json = Json::object();
  for (const config::Value& item : value.items()) json.push_back(json_of(item));
  for (const auto& entry : value.entries()) json[entry.key] = json_of(entry.value);
  return json;
}

void expect_object(const Json& json, const std::string& what) {
  if (!json.is_object()) throw UsageError(what + " is no JSON object, expected keys with what they hold");
}

void check_options(const Json& options, const std::string& node) {
  expect_object(options, "graph." + node);
  for (const std::string& key : keys_beside_node_options()) {
    if (options.contains(key))
      throw UsageError("graph." + node + "." + key + " is changed in the pipeline file only");
  }
}

}  // namespace

Json SettingsChanges::checked(const std::string& patch) const {
  const bool readable = patch.size() <= kLongestPatch && patch.find("${") == std::string::npos;
  const Json json = readable ? Json::parse(patch, nullptr, false) : Json();
  expect_object(json, "what was sent");
  const auto changeable = reload_.changeable();
  for (const auto& [key, value] : json.items()) {
    if (key != "graph" && key != "web")
      throw UsageError("there is no setting '" + key + "', expected graph or web");
    expect_object(value, key);
  }
  const Json graph = json.value("graph", Json::object()), web = json.value("web", Json::object());
  for (const auto& [node, options] : graph.items()) {
    if (!changeable.contains(node))
      throw UsageError("there is no node '" + node + "' whose options may change while it runs");
    check_options(options, node);
  }
  for (const auto& [key, value] : web.items()) {
    if (key != "overlay") throw UsageError("web." + key + " is changed in the pipeline file only");
    expect_object(value, "web.overlay");
  }
  return json;
}

void SettingsChanges::change(const std::string& patch) {
  const std::lock_guard lock(mutex_);
  const Json asked = checked(patch);
  reload_.take_up(read_(saved_.value_with(asked)));
  saved_.change(asked);
}

Json SettingsChanges::json() const {
  Json json{{"file", saved_.file().empty() ? Json(nullptr) : Json(saved_.file().filename().string())},
            {"streams", Json::object()},
            {"graph", Json::object()},
            {"labels", Json::object()},
            {"web", {{"overlay", json_of(config::to_value(reload_.look()))}}}};
  for (const StreamView& stream : pipeline_.streams()) {
    auto source = reload_.source_of(stream.name);
    if (!source) continue;
    source->source = without_credentials(source->source);
    source->record = without_credentials(source->record);
    json["streams"][stream.name] = json_of(config::to_value(*source));
  }
  for (const auto& [name, changeable] : reload_.changeable()) {
    const EventOptions* options = changeable.node->event_options();
    if (!options) continue;
    json["graph"][name] = json_of(config::to_value(*options));
    json["labels"][name] = changeable.node->classes();
  }
  return json;
}

}  // namespace actionflow
