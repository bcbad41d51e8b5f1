// Whether a JSON value is as a schema of an OpenAPI file has it: type, properties, items, enum, anyOf, bounds
// and $ref into the same document.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace actionflow::testing {

class JsonSchema {
 public:
  explicit JsonSchema(const nlohmann::json& document) : document_(document) {}

  // What is wrong, with its place; empty where nothing is.
  std::string wrong(const nlohmann::json& value, const nlohmann::json& schema,
                    const std::string& at = "$") const {
    if (schema.contains("$ref")) {
      const std::string target = schema["$ref"].get<std::string>().substr(1);
      return wrong(value, document_.at(nlohmann::json::json_pointer(target)), at);
    }
    if (schema.contains("anyOf")) return wrong_in_all(value, schema["anyOf"], at);
    const std::string type = schema.value("type", "");
    if (!is(value, type)) return at + " is no " + type + ": " + value.dump();
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
      return at + " is none of " + schema["enum"].dump() + ": " + value.dump();
    if (value.is_number() &&
        (value < schema.value("minimum", -1e300) || value > schema.value("maximum", 1e300)))
      return at + " is out of its bounds: " + value.dump();
    if (value.is_array()) return wrong_item(value, schema, at);
    return value.is_object() ? wrong_member(value, schema, at) : "";
  }

 private:
  static bool is(const nlohmann::json& value, const std::string& type) {
    if (type == "null") return value.is_null();
    if (type == "boolean") return value.is_boolean();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "string") return value.is_string();
    if (type == "array") return value.is_array();
    return type == "object" && value.is_object();
  }

  std::string wrong_in_all(const nlohmann::json& value, const nlohmann::json& schemas,
                           const std::string& at) const {
    std::string all;
    for (const auto& schema : schemas) {
      const std::string why = wrong(value, schema, at);
      if (why.empty()) return "";
      all += why + "; ";
    }
    return all;
  }

  std::string wrong_item(const nlohmann::json& value, const nlohmann::json& schema,
                         const std::string& at) const {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::string why = wrong(value[i], schema.at("items"), at + "[" + std::to_string(i) + "]");
      if (!why.empty()) return why;
    }
    return "";
  }

  std::string wrong_member(const nlohmann::json& value, const nlohmann::json& schema,
                           const std::string& at) const {
    for (const auto& name : schema.value("required", nlohmann::json::array())) {
      if (!value.contains(name)) return at + " lacks " + name.get<std::string>();
    }
    for (const auto& [name, member] : value.items()) {
      const bool known = schema.contains("properties") && schema["properties"].contains(name);
      const nlohmann::json others = schema.value("additionalProperties", nlohmann::json(false));
      if (!known && others == false) return at + " has " + name + ", which nothing describes";
      const nlohmann::json& described = known ? schema["properties"][name] : others;
      const std::string why = described == true ? "" : wrong(member, described, at + "." + name);
      if (!why.empty()) return why;
    }
    return "";
  }

  const nlohmann::json& document_;
};

}  // namespace actionflow::testing
