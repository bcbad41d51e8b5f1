#include "models/description/block_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/config/value.h"

namespace actionflow {
namespace {

using config::Value;

bool names_parameter(const Value& value) {
  const std::string& text = value.text();
  return value.is_scalar() && !value.quoted() && text.size() > 1 && text[0] == '$' &&
         std::all_of(text.begin() + 1, text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

// The same value where it was, with other contents.
std::shared_ptr<Value::Data> moved_copy(const Value& original, Value::Kind kind) {
  auto data = std::make_shared<Value::Data>();
  data->kind = kind;
  data->place = original.place();
  data->folder = std::make_shared<const std::filesystem::path>(original.folder());
  return data;
}

// Whether both are the same node of a document, not merely alike.
bool same(const Value& a, const Value& b) { return &a.text() == &b.text(); }

Value replace(const Value& name, const Parameters& parameters, config::Diagnostics& diagnostics) {
  const auto found = parameters.find(name.text().substr(1));
  if (found != parameters.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [parameter, value] : parameters) known.push_back("$" + parameter);
  const std::string near = config::did_you_mean(name.text(), known);
  diagnostics.add(name.place(), fmt::format("the block has no parameter '{}'", name.text()),
                  near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  return name;
}

}  // namespace

Value substitute(const Value& value, const Parameters& parameters, config::Diagnostics& diagnostics) {
  if (names_parameter(value)) return replace(value, parameters, diagnostics);
  bool changed = false;
  std::vector<Value> items;
  for (const Value& item : value.items()) {
    items.push_back(substitute(item, parameters, diagnostics));
    changed = changed || !same(items.back(), item);
  }
  std::vector<Value::Entry> entries;
  for (const Value::Entry& entry : value.entries()) {
    entries.push_back({entry.key, entry.key_place, substitute(entry.value, parameters, diagnostics)});
    changed = changed || !same(entries.back().value, entry.value);
  }
  if (!changed) return value;
  auto data = moved_copy(value, value.kind());
  data->items = std::move(items);
  data->entries = std::move(entries);
  return Value(std::move(data));
}

}  // namespace actionflow
