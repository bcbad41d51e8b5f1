#include "base/config/schema.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/config/fields.h"
#include "base/config/value.h"
#include "base/text/json_text.h"

namespace actionflow::config {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kReference = "^\\$\\{[A-Za-z_][A-Za-z0-9_]*(:.*)?\\}$";

Json number(double value) {
  if (value == std::floor(value) && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
  return value;
}

Json scalar_json(const Value& value) {
  bool boolean = false;
  const std::string& text = value.text();
  if (value.quoted()) return text;
  if (looks_boolean(text, boolean)) return boolean;
  if (looks_integer(text)) return Json::parse(text, nullptr, false);
  if (looks_number(text)) return Json::parse(text, nullptr, false);
  return text;
}

Json value_json(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      return nullptr;
    case Value::Kind::scalar:
      return scalar_json(value);
    case Value::Kind::list: {
      Json list = Json::array();
      for (const Value& item : value.items()) list.push_back(value_json(item));
      return list;
    }
    case Value::Kind::map: {
      Json map = Json::object();
      for (const Value::Entry& entry : value.entries()) map[entry.key] = value_json(entry.value);
      return map;
    }
  }
  return nullptr;
}

Json json_of(const Schema& schema);

void add_bounds(const Schema& schema, Json& json) {
  if (schema.minimum)
    json[schema.minimum_excluded ? "exclusiveMinimum" : "minimum"] = number(*schema.minimum);
  if (schema.maximum) json["maximum"] = number(*schema.maximum);
  if (schema.least_items) json["minItems"] = *schema.least_items;
  if (schema.most_items) json["maxItems"] = *schema.most_items;
}

void add_members(const Schema& schema, Json& json) {
  if (!schema.items.empty()) json["items"] = json_of(schema.items.front());
  if (!schema.values.empty()) json["additionalProperties"] = json_of(schema.values.front());
  for (const auto& [key, member] : schema.properties) json["properties"][key] = json_of(member);
  if (!schema.required.empty()) json["required"] = schema.required;
  if (schema.closed) json["additionalProperties"] = false;
}

// What else may stand there: null, one item for a list, a reference to the environment.
std::vector<Json> alternatives(const Schema& schema) {
  std::vector<Json> others;
  if (schema.null_too) others.push_back({{"type", "null"}});
  if (schema.scalar_too && !schema.items.empty()) others.push_back(json_of(schema.items.front()));
  const bool typed_scalar = schema.type == "boolean" || schema.type == "integer" || schema.type == "number";
  if (typed_scalar || schema.words.size() > 1) {
    others.push_back({{"type", "string"}, {"pattern", kReference}});
  }
  return others;
}

Json json_of(const Schema& schema) {
  Json json = Json::object();
  if (!schema.description.empty()) json["description"] = schema.description;
  if (schema.preset && !schema.preset->is_null()) json["default"] = value_json(*schema.preset);
  Json core = Json::object();
  if (!schema.type.empty()) core["type"] = schema.type;
  if (schema.words.size() == 1) {
    core["const"] = schema.words.front();
  } else if (!schema.words.empty()) {
    core["enum"] = schema.words;
  }
  add_bounds(schema, core);
  add_members(schema, core);
  for (const Schema& choice : schema.choices) core["oneOf"].push_back(json_of(choice));
  const std::vector<Json> others = alternatives(schema);
  if (others.empty()) {
    json.update(core);
    return json;
  }
  json["anyOf"].push_back(core);
  for (const Json& other : others) json["anyOf"].push_back(other);
  return json;
}

std::string bounds(const Schema& schema) {
  std::string text;
  if (schema.minimum && schema.maximum && !schema.minimum_excluded) {
    return " from " + detail::shown(*schema.minimum) + " to " + detail::shown(*schema.maximum);
  }
  if (schema.minimum) {
    text += (schema.minimum_excluded ? ", more than " : ", at least ") + detail::shown(*schema.minimum);
  }
  if (schema.maximum) text += ", at most " + detail::shown(*schema.maximum);
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string preset_text(const Value& value) {
  std::string text = print(value);
  while (text.ends_with('\n')) text.pop_back();
  return text.find('\n') == std::string::npos ? text : std::string();
}

void help_lines(const Schema& schema, const std::string& prefix, std::string& text) {
  for (const auto& [key, member] : schema.properties) {
    text += prefix + key + ": " + describe(member);
    const bool required =
        std::find(schema.required.begin(), schema.required.end(), key) != schema.required.end();
    if (required) {
      text += "; required";
    } else if (member.preset && !member.preset->is_null() && !member.preset->is_map()) {
      const std::string preset = preset_text(*member.preset);
      if (!preset.empty() && preset != "[]") text += "; default " + preset;
    }
    text += ". " + member.description + "\n";
    help_lines(member, prefix + key + ".", text);
    if (!member.items.empty()) help_lines(member.items.front(), prefix + key + "[].", text);
    if (!member.values.empty()) help_lines(member.values.front(), prefix + key + ".NAME.", text);
  }
}

}  // namespace

std::string describe(const Schema& schema) {
  if (!schema.words.empty()) return joined(schema.words);
  if (schema.type == "array" && !schema.items.empty()) {
    const bool fixed = schema.least_items && schema.least_items == schema.most_items;
    return "list of " + (fixed ? std::to_string(*schema.least_items) + " " : std::string()) +
           describe(schema.items.front());
  }
  if (schema.type == "object") return "map";
  if (schema.type == "string") return "text";
  if (!schema.choices.empty()) {
    std::string text;
    for (const Schema& choice : schema.choices) text += (text.empty() ? "" : " or ") + describe(choice);
    return text;
  }
  return (schema.type.empty() ? "any" : schema.type) + bounds(schema);
}

std::string to_json(const Schema& schema, const std::string& title) {
  Json json = Json::object();
  json["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  if (!title.empty()) json["title"] = title;
  json.update(json_of(schema));
  return json_text(json, 2) + "\n";
}

Schema one_of(const std::string& tag, std::vector<std::pair<std::string, Schema>> kinds) {
  Schema all;
  for (auto& named : kinds) {
    Schema& schema = named.second;
    Schema kind{.type = "string", .words = {named.first}};
    schema.properties.insert(schema.properties.begin(), {tag, std::move(kind)});
    schema.required.insert(schema.required.begin(), tag);
    all.choices.push_back(std::move(schema));
  }
  return all;
}

std::string help(const Schema& schema) {
  std::string text;
  help_lines(schema, "", text);
  return text;
}

}  // namespace actionflow::config
