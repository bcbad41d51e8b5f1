#include "models/description/block_parameters.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/config/value.h"
#include "models/description/expression.h"

namespace actionflow {
namespace {

using config::Value;

bool names_parameters(const Value& value) {
  return value.is_scalar() && !value.quoted() && value.text().find('$') != std::string::npos;
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

const Value* find(std::string_view name, const Value& where, const Parameters& parameters,
                  config::Diagnostics& diagnostics) {
  const auto found = parameters.find(std::string(name));
  if (found != parameters.end()) return &found->second;
  std::vector<std::string> known;
  for (const auto& [parameter, value] : parameters) known.push_back("$" + parameter);
  const std::string word = fmt::format("${}", name);
  const std::string near = config::did_you_mean(word, known);
  diagnostics.add(where.place(), fmt::format("there is no parameter '{}' here", word),
                  near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  return nullptr;
}

std::int64_t number(std::string_view name, const Value& value) {
  config::Diagnostics own;
  const auto number = config::read<std::int64_t>(value, own);
  if (own.empty()) return number;
  config::Diagnostics other;
  const bool flag = config::read<bool>(value, other);
  if (other.empty()) return flag ? 1 : 0;
  throw ExpressionError{fmt::format("calculates with ${}, which is not a whole number", name)};
}

struct UnknownName {};  // reported already

Value compute(const Value& value, const Parameters& parameters, config::Diagnostics& diagnostics) {
  try {
    const std::int64_t result = evaluate(value.text(), [&](std::string_view name) {
      const Value* const found = find(name, value, parameters, diagnostics);
      if (found == nullptr) throw UnknownName{};
      return number(name, *found);
    });
    auto data = moved_copy(value, Value::Kind::scalar);
    data->text = std::to_string(result);
    return Value(std::move(data));
  } catch (const UnknownName&) {
    return value;
  } catch (const ExpressionError& error) {
    diagnostics.add(value.place(), fmt::format("'{}' {}", value.text(), error.message));
    return value;
  }
}

Value replace(const Value& value, const Parameters& parameters, config::Diagnostics& diagnostics) {
  if (!is_single_name(value.text())) return compute(value, parameters, diagnostics);
  const Value* const found = find(std::string_view(value.text()).substr(1), value, parameters, diagnostics);
  return found == nullptr ? value : *found;
}

}  // namespace

Value substitute(const Value& value, const Parameters& parameters, config::Diagnostics& diagnostics) {
  if (names_parameters(value)) return replace(value, parameters, diagnostics);
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
