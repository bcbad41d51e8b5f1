// Configuration: YAML read into typed structs through one description a struct.
//
// A struct that can stand in a file describes itself once:
//
//   struct WindowOptions {
//     int hop = 1;
//     Tail tail = Tail::align;
//     static void describe(config::Fields<WindowOptions>& fields) {
//       fields.add("hop", &WindowOptions::hop, "samples from one window's start to the next").range(1, 65536);
//       fields.add("tail", &WindowOptions::tail, "what becomes of a file's last samples");
//     }
//   };
//
// From that come reading with defaults and ranges, messages with place and "did you mean",
// --print-config, help, and a JSON schema for editors. Member types: bool, integers, float, double,
// std::string, std::filesystem::path (relative to the file it stands in), enums (specialise
// EnumNames), std::vector<M>, std::array<M, n> (a single scalar stands for all n),
// std::map<std::string, M>, std::optional<M>, described structs, and config::Value for what is read
// later by its kind.
//
// Errors are collected, never thrown one by one: a reader adds to Diagnostics and goes on, and
// throw_if_any() ends the reading with all of them in one ConfigError. Thread-safety: everything
// here is used from one thread, before the graph runs.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"

namespace actionflow::config {

// Lines and columns count from 1; 0 means unknown. `file` is as the user named it, or
// "override" for a key=value of the command line.
struct Place {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;
};

// A node of a parsed document: immutable, cheap to copy, knows its place.
class Value {
 public:
  enum class Kind { null, scalar, list, map };
  struct Entry;

  Value();  // null, without a place

  Kind kind() const;
  const Place& place() const;
  // The scalar's text with ${…} already replaced; empty for other kinds.
  const std::string& text() const;
  // Written in quotes, hence a string whatever it looks like.
  bool quoted() const;
  const std::vector<Value>& items() const;    // of a list; empty for other kinds
  const std::vector<Entry>& entries() const;  // of a map, in the file's order; empty for other kinds
  const Value* find(std::string_view key) const;
  // The folder that relative paths in this value count from.
  const std::filesystem::path& folder() const;

  bool is_null() const { return kind() == Kind::null; }
  bool is_scalar() const { return kind() == Kind::scalar; }
  bool is_list() const { return kind() == Kind::list; }
  bool is_map() const { return kind() == Kind::map; }

  struct Data;
  explicit Value(std::shared_ptr<const Data> data);

 private:
  std::shared_ptr<const Data> data_;
};

struct Value::Entry {
  std::string key;
  Place key_place;
  Value value;
};

struct Diagnostic {
  Place place;
  std::string message;  // what is wrong and what was expected: "hop is 0, expected 1 to 65536"
  std::string hint;     // "did you mean 'hop'?", or empty
};

class Diagnostics {
 public:
  void add(const Place& place, std::string message, std::string hint = {});
  bool empty() const { return list_.empty(); }
  const std::vector<Diagnostic>& list() const { return list_; }
  // "file:line:column: error: message", the source line and a caret, one after another, by place.
  std::string render() const;
  // Throws ConfigError with all of them.
  void throw_if_any() const;

 private:
  std::vector<Diagnostic> list_;
};

// Exit code 2 (or the given one), what() is Diagnostics::render().
class ConfigError : public Error {
 public:
  ConfigError(std::vector<Diagnostic> diagnostics, const std::string& rendered,
              ExitCode code = ExitCode::usage)
      : Error(code, rendered), diagnostics_(std::move(diagnostics)) {}
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

// One `key.path=value` of the command line; the value is parsed as YAML.
struct Override {
  std::string path;
  std::string value;
};

// True for `^[A-Za-z_][\w.-]*=`; then `override` is filled.
bool parse_override(std::string_view argument, Override& override);

// Reads a file (or text) into a Value. Hostile input (cycles, alias bombs, depth, duplicate keys,
// sizes) is refused quickly. `${NAME:default}` stands for a whole scalar. Throws ConfigError; a
// file that cannot be read is one too.
Value load(const std::filesystem::path& file, std::span<const Override> overrides = {});
Value parse(std::string_view text, const std::string& name, const std::filesystem::path& folder = {},
            std::span<const Override> overrides = {});

// `over` laid on `under`: maps merge key by key, everything else replaces.
Value merge(const Value& under, const Value& over);

// The nearest of the candidates, for "did you mean '…'?"; empty when none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

// Specialise for each enum that stands in a file:
//   template <> struct EnumNames<Tail> {
//     static constexpr std::array<std::pair<Tail, std::string_view>, 2> names{{{Tail::align, "align"}, …}};
//   };
template <class E>
struct EnumNames;

template <class T>
class Fields;

// Reads a described struct (or any member type). Unknown keys, wrong types and values out of range
// go to `diagnostics`; what could not be read keeps its default.
template <class T>
T read(const Value& value, Diagnostics& diagnostics);

// The same, leaving out keys that stand beside the struct's own (for `node:`, `from:`, …).
template <class T>
T read(const Value& value, Diagnostics& diagnostics, std::span<const std::string> beside);

// The struct's effective values as YAML, for --print-config.
template <class T>
std::string print(const T& value, int indent = 0);

// JSON schema (draft 2020-12) of T, as text.
template <class T>
std::string json_schema();

// One line a key: name, type, default, help. For --help and the reference in the documentation.
template <class T>
std::string help();

}  // namespace actionflow::config

#include "base/config_fields.h"  // IWYU pragma: keep
