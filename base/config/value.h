// What stands behind a config::Value. For the .cpp files of configuration only.
#pragma once

#include "base/config/config.h"

namespace actionflow::config {

struct Value::Data {
  Kind kind = Kind::null;
  Place place;
  std::string text;
  bool quoted = false;
  bool secret = false;
  std::vector<Value> items;
  std::vector<Entry> entries;
  std::shared_ptr<const std::filesystem::path> folder;
};

// YAML 1.2 core schema, for plain scalars.
bool looks_null(std::string_view text);
bool looks_boolean(std::string_view text, bool& value);
bool looks_integer(std::string_view text);
bool looks_number(std::string_view text);  // .inf and .nan among them

// Parses one document. Throws ConfigError. `place` stands for every place in it where it is given
// (an override's value).
Value parse_document(std::string_view text, const std::string& name, const std::filesystem::path& folder,
                     const Place* place = nullptr);

// Laid on in their order. Throws ConfigError with every one that does not fit.
Value apply(Value root, std::span<const Override> overrides);

}  // namespace actionflow::config
