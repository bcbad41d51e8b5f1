// A parsed configuration: values that know their places, and the errors found in them.
//
// Part of base/config/config.h, which says what configuration is for; include that one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace actionflow::config {

// Lines and columns (in characters) count from 1; 0 means unknown. `file` is as the user named it, or
// "override 'key=value'" for one of the command line; `text` is the whole document, for the caret.
struct Place {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;
  std::shared_ptr<const std::string> text;
};

// "file:line:column", as far as it is known.
std::string to_string(const Place& place);

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
  // Came from the environment by ${…}: shown as *** in messages and by print().
  bool secret() const;
  const std::vector<Value>& items() const;    // of a list; empty for other kinds
  const std::vector<Entry>& entries() const;  // of a map, in the file's order; empty for other kinds
  const Value* find(std::string_view key) const;
  // The folder that relative paths in this value count from.
  const std::filesystem::path& folder() const;
  // The scalar's text as a path: relative ones laid under folder().
  std::filesystem::path path() const;

  bool is_null() const { return kind() == Kind::null; }
  bool is_scalar() const { return kind() == Kind::scalar; }
  bool is_list() const { return kind() == Kind::list; }
  bool is_map() const { return kind() == Kind::map; }

  struct Data;
  explicit Value(std::shared_ptr<const Data> data);
  const Data& data() const { return *data_; }

 private:
  std::shared_ptr<const Data> data_;
};

struct Value::Entry {
  std::string key;
  Place key_place;
  Value value;
};

// Values made by the program: for what a struct holds, and for tests.
Value make_scalar(std::string text, bool quoted = false);
Value make_list(std::vector<Value> items);
Value make_map(std::vector<Value::Entry> entries);
// The same value, shown as *** from here on.
Value make_secret(const Value& value);

struct Diagnostic {
  Place place;
  std::string message;  // what is wrong and what was expected: "hop is 0, expected 1 to 65536"
  std::string hint;     // "did you mean 'hop'?", or empty
};

class Diagnostics {
 public:
  void add(const Place& place, std::string message, std::string hint = {});
  bool empty() const { return list_.empty(); }
  std::size_t size() const { return list_.size(); }
  const std::vector<Diagnostic>& list() const { return list_; }
  // By place, each once.
  std::vector<Diagnostic> sorted() const;
  // "file:line:column: error: message", the source line and a caret, one after another, by place;
  // no newline at the end. Passwords in addresses are hidden.
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

}  // namespace actionflow::config
