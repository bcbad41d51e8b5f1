// What a described struct looks like from outside: the source of its JSON schema and its help text.
//
// schema_of<T>() (config_fields.h) makes one; several are put together with one_of() where the kind
// of a thing decides which keys it has.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/config/tree.h"

namespace actionflow::config {

struct Schema {
  // JSON schema's own word: "boolean", "integer", "number", "string", "array", "object"; empty: anything.
  std::string type = {};
  std::string description = {};
  std::optional<double> minimum = {};
  std::optional<double> maximum = {};
  bool minimum_excluded = false;        // more than `minimum`
  std::vector<std::string> words = {};  // of an enum
  std::optional<std::size_t> least_items = {};
  std::optional<std::size_t> most_items = {};
  std::vector<Schema> items = {};                               // of an array: none or one
  std::vector<Schema> values = {};                              // of a map with free keys: none or one
  std::vector<std::pair<std::string, Schema>> properties = {};  // of a described struct
  std::vector<std::string> required = {};
  bool closed = false;      // no keys but `properties`
  bool scalar_too = false;  // an array that may be written as one of its items
  bool null_too = false;
  std::optional<Value> preset = {};  // the default
  std::vector<Schema> choices = {};  // exactly one of these holds
};

// "integer from 1 to 65536", "one of align, drop", "list of number"
std::string describe(const Schema& schema);

// As text, draft 2020-12. Scalars written as ${NAME:default} are allowed wherever a scalar is.
std::string to_json(const Schema& schema, const std::string& title = {});

// A map whose key `tag` says which of the named schemas holds (`layer: conv3d`, `node: window`).
Schema one_of(const std::string& tag, std::vector<std::pair<std::string, Schema>> kinds);

// One line a key: name, type, default, help.
std::string help(const Schema& schema);

}  // namespace actionflow::config
