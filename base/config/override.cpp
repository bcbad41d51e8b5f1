#include <charconv>

#include "base/config/text.h"
#include "base/config/value.h"

namespace actionflow::config {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_path(char c) { return is_letter(c) || c == '_'; }
bool stands_in_path(char c) { return begins_path(c) || is_digit(c) || c == '.' || c == '-'; }

// Of a file's name YAML would make something else: `-` is a list of nothing, ` #` begins a comment. Such a
// value is quoted for it, unless it begins as YAML's own quotes, lists and maps do or has several lines.
std::string as_yaml(const std::string& value) {
  const bool comment = value.starts_with('#') || value.find(" #") != std::string::npos ||
                       value.find("\t#") != std::string::npos;
  const bool begins_yaml = value.find_first_of("'\"[{") == 0 || value.find('\n') != std::string::npos;
  if (value != "-" && (!comment || begins_yaml)) return value;
  std::string quoted = "'";
  for (const char c : value) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

// Lays one override on a tree: the nodes on its way are made anew, all others shared.
class Change {
 public:
  Change(const Override& change, Diagnostics& diagnostics)
      : place_{std::make_shared<const std::string>("override '" + change.path + "=" + change.value + "'"), 0,
               0, nullptr},
        value_(parse_document(as_yaml(change.value), *place_.file, {}, &place_)),
        diagnostics_(diagnostics) {}

  Value on(const Value& under, std::string_view path) const {
    if (path.empty()) return value_;
    if (under.is_list()) return on_list(under, path);
    if (under.is_map() || under.is_null()) return on_map(under, path);
    diagnostics_.add(place_, "no key " + quoted_for_message(path) + " under " +
                                 quoted_for_message(under.text()) +
                                 ", expected a path to a key that is there");
    return under;
  }

 private:
  struct Step {
    std::string key;
    std::string_view rest;
  };

  static Step first_step(std::string_view path) {
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) return {std::string(path), {}};
    return {std::string(path.substr(0, dot)), path.substr(dot + 1)};
  }

  // A key of the file may hold dots itself: the longest that fits is taken.
  static Step step_into(const Value& map, std::string_view path) {
    Step best = first_step(path);
    bool found = false;
    for (const Value::Entry& entry : map.entries()) {
      const std::string& key = entry.key;
      if (!path.starts_with(key) || (found && key.size() <= best.key.size())) continue;
      if (path.size() == key.size()) {
        best = {key, {}};
      } else if (path[key.size()] == '.' && path.size() > key.size() + 1) {
        best = {key, path.substr(key.size() + 1)};
      } else {
        continue;
      }
      found = true;
    }
    return best;
  }

  Value on_map(const Value& under, std::string_view path) const {
    const Step step = step_into(under, path);
    Value::Data data = under.data();
    if (data.kind == Value::Kind::null) {
      data.kind = Value::Kind::map;
      data.place = place_;
    }
    for (Value::Entry& entry : data.entries) {
      if (entry.key != step.key) continue;
      entry.value = on(entry.value, step.rest);
      return Value(std::make_shared<const Value::Data>(std::move(data)));
    }
    data.entries.push_back({step.key, place_, on({}, step.rest)});
    return Value(std::make_shared<const Value::Data>(std::move(data)));
  }

  Value on_list(const Value& under, std::string_view path) const {
    const Step step = first_step(path);
    std::size_t index = 0;
    const char* end = step.key.data() + step.key.size();
    const auto [stop, error] = std::from_chars(step.key.data(), end, index);
    if (error != std::errc() || stop != end || index >= under.items().size()) {
      const std::size_t count = under.items().size();
      diagnostics_.add(place_,
                       quoted_for_message(step.key) + " is no item of the list, expected " +
                           (count == 0 ? "a list that is not empty" : "0 to " + std::to_string(count - 1)));
      return under;
    }
    Value::Data data = under.data();
    data.items[index] = on(data.items[index], step.rest);
    return Value(std::make_shared<const Value::Data>(std::move(data)));
  }

  Place place_;
  Value value_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool parse_override(std::string_view argument, Override& override) {
  if (argument.empty() || !begins_path(argument[0])) return false;
  std::size_t end = 1;
  while (end < argument.size() && stands_in_path(argument[end])) ++end;
  if (end == argument.size() || argument[end] != '=') return false;
  override = {std::string(argument.substr(0, end)), std::string(argument.substr(end + 1))};
  return true;
}

Value apply(Value root, std::span<const Override> overrides) {
  Diagnostics diagnostics;
  for (const Override& override : overrides) {
    try {
      root = Change(override, diagnostics).on(root, override.path);
    } catch (const ConfigError& error) {
      for (const Diagnostic& d : error.diagnostics()) diagnostics.add(d.place, d.message, d.hint);
    }
  }
  diagnostics.throw_if_any();
  return root;
}

}  // namespace actionflow::config
