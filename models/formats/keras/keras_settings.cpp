#include "models/formats/keras/keras_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text/json_text.h"

namespace actionflow::keras {
namespace {

constexpr std::size_t kMostShown = 80;

// Invalid UTF-8 becomes question marks, so that any value can be shown.
std::string shown(const Json& value) {
  std::string text = json_text(value);
  if (text.size() > kMostShown) text = text.substr(0, kMostShown) + "…";
  return text;
}

// Bounded, so that sums and products of a few fit.
bool is_whole(const Json& value) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  return value.is_number_integer() && value >= -kMost && value <= kMost;
}

}  // namespace

std::string printable(std::string text) {
  if (text.size() > kMostShown) text.resize(kMostShown);
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, '?');
  return text;
}

Settings::Settings(const Json& values, std::string where) : values_(values), where_(std::move(where)) {
  if (!values_.is_object()) fail("has no settings");
}

const Json* Settings::find(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() || found->is_null() ? nullptr : &*found;
}

bool Settings::has(const std::string& key) const { return find(key) != nullptr; }

const Json& Settings::at(const std::string& key) const {
  const Json* value = find(key);
  if (value == nullptr) fail(fmt::format("'{}' is missing", key));
  return *value;
}

std::int64_t Settings::integer(const std::string& key) const {
  const Json& value = at(key);
  if (!is_whole(value)) fail(fmt::format("'{}' is {}, expected a whole number", key, shown(value)));
  return value.get<std::int64_t>();
}

std::int64_t Settings::integer(const std::string& key, std::int64_t otherwise) const {
  return has(key) ? integer(key) : otherwise;
}

double Settings::number(const std::string& key, double otherwise) const {
  if (!has(key)) return otherwise;
  if (!at(key).is_number()) fail(fmt::format("'{}' is {}, expected a number", key, shown(at(key))));
  return at(key).get<double>();
}

bool Settings::flag(const std::string& key, bool otherwise) const {
  if (!has(key)) return otherwise;
  if (!at(key).is_boolean()) fail(fmt::format("'{}' is {}, expected true or false", key, shown(at(key))));
  return at(key).get<bool>();
}

std::string Settings::text(const std::string& key) const {
  if (!at(key).is_string()) fail(fmt::format("'{}' is {}, expected a text", key, shown(at(key))));
  return at(key).get<std::string>();
}

std::string Settings::text(const std::string& key, const std::string& otherwise) const {
  return has(key) ? text(key) : otherwise;
}

std::vector<std::int64_t> Settings::integers(const std::string& key, std::size_t count) const {
  const Json& value = at(key);
  if (is_whole(value) && count > 0) return std::vector<std::int64_t>(count, value.get<std::int64_t>());
  std::vector<std::int64_t> list;
  bool fits = value.is_array() && (count == 0 || value.size() == count);
  if (fits) {
    for (const Json& item : value) {
      fits = fits && is_whole(item);
      if (fits) list.push_back(item.get<std::int64_t>());
    }
  }
  if (!fits) fail(fmt::format("'{}' is {}, expected a list of whole numbers", key, shown(value)));
  return list;
}

void Settings::expect(const std::string& key, const Json& value) const {
  if (has(key) && at(key) != value) {
    fail(fmt::format("'{}' is {}, and only {} is known here", key, shown(at(key)), shown(value)));
  }
}

void Settings::fail(const std::string& message) const {
  throw ModelError(fmt::format("{}: {}", where_, message));
}

}  // namespace actionflow::keras
