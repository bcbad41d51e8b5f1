#include <charconv>
#include <cmath>
#include <utility>

#include "base/config/fields.h"
#include "base/config/text.h"
#include "base/config/value.h"

namespace actionflow::config {

namespace {

constexpr std::size_t kMostListed = 12;   // keys in a message
constexpr std::size_t kMostHinted = 100;  // unknown keys with a hint; no more errors are shown

std::size_t skip_digits(std::string_view text, std::size_t from) {
  while (from < text.size() && text[from] >= '0' && text[from] <= '9') ++from;
  return from;
}

std::string kind_shown(const Value& value) {
  if (value.is_null()) return "has no value";
  if (value.is_list()) return "is a list";
  if (value.is_map()) return "is a map";
  if (value.secret()) return "is ***";
  if (value.quoted()) return "is the text " + quoted_for_message(value.text());
  return "is " + quoted_for_message(value.text());
}

std::string bounds(const Limits& limits, bool whole) {
  const auto number = [&](double bound) {
    return whole ? std::to_string(static_cast<std::int64_t>(bound)) : detail::shown(bound);
  };
  if (limits.low && limits.low_excluded) {
    return "more than " + number(*limits.low) + (limits.high ? ", at most " + number(*limits.high) : "");
  }
  if (limits.low && limits.high) return number(*limits.low) + " to " + number(*limits.high);
  if (limits.low) return "at least " + number(*limits.low);
  return "at most " + number(*limits.high);
}

std::string expected(std::string what, const Limits& limits, bool whole) {
  if (!limits.low && !limits.high) return what;
  const std::string range = bounds(limits, whole);
  const bool from_to = limits.low && limits.high && !limits.low_excluded;
  return what + (from_to ? " from " : ", ") + range;
}

template <class N>
bool within(const Limits& limits, N number) {
  if (limits.low && (number < *limits.low || (limits.low_excluded && number <= *limits.low))) return false;
  return !limits.high || number <= *limits.high;
}

// Decimal, 0x… or 0o…; false when it does not fit. `negative` beside the magnitude.
bool to_magnitude(std::string_view text, bool& negative, std::uint64_t& magnitude) {
  negative = text.starts_with('-');
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x")) base = 16;
  if (text.starts_with("0o")) base = 8;
  if (base != 10) text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool to_number(std::string_view text, double& number) {
  if (looks_integer(text)) {
    bool negative = false;
    std::uint64_t magnitude = 0;
    if (to_magnitude(text, negative, magnitude)) {
      number = negative ? -static_cast<double>(magnitude) : static_cast<double>(magnitude);
      return true;
    }
    if (text.starts_with("0x") || text.starts_with("0o")) return false;
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string integer_bounds(Limits limits, std::int64_t lowest, std::uint64_t highest) {
  if (!limits.low) limits.low = static_cast<double>(lowest);
  if (limits.high) return bounds(limits, true);
  const std::string low = bounds(limits, true).substr(std::string_view("at least ").size());
  return low + " to " + std::to_string(highest);
}

void out_of_range(const Reading& reading, const std::string& range) {
  const std::string text = reading.value.secret() ? "***" : shortened(reading.value.text());
  reading.diagnostics.add(reading.value.place(),
                          reading.shown_name() + " is " + text + ", expected " + range);
}

std::string joined(const std::vector<std::string>& words, const char* last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == kMostListed) return text + ", …";
    if (i > 0) text += i + 1 == words.size() ? last : ", ";
    text += words[i];
  }
  return text;
}

std::string hint_for(std::string_view word, std::span<const std::string> candidates) {
  const std::string near = did_you_mean(word, candidates);
  return near.empty() ? std::string() : "did you mean '" + near + "'?";
}

// Edits (a swap of neighbours is one) that make one word of the other, case aside; `most` + 1 when more.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most) return most + 1;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto same = [&](char x, char y) { return lower(x) == lower(y); };
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min(
          {cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

bool looks_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

bool looks_boolean(std::string_view text, bool& value) {
  value = text == "true" || text == "True" || text == "TRUE";
  return value || text == "false" || text == "False" || text == "FALSE";
}

bool looks_integer(std::string_view text) {
  if (text.starts_with("0x")) {
    return text.size() > 2 && text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
  }
  if (text.starts_with("0o")) {
    return text.size() > 2 && text.find_first_not_of("01234567", 2) == std::string_view::npos;
  }
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && skip_digits(text, 0) == text.size();
}

bool looks_number(std::string_view text) {
  if (looks_integer(text)) return true;
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
  const std::size_t whole = skip_digits(text, 0);
  std::size_t at = whole;
  std::size_t digits = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = skip_digits(text, at + 1);
    digits += fraction - at - 1;
    at = fraction;
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t end = skip_digits(text, at);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  constexpr std::size_t kLongest = 64;
  if (word.empty() || word.size() > kLongest) return {};
  std::size_t least = std::min<std::size_t>(3, 1 + (word.size() - 1) / 4);
  std::string nearest;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate, least);
    if (distance > least || distance >= candidate.size() || (distance == least && !nearest.empty())) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

void Reading::refuse(const std::string& what, std::string hint) const {
  diagnostics.add(value.place(), shown_name() + " " + kind_shown(value) + ", expected " + what,
                  std::move(hint));
}

namespace detail {

std::string shown(double number) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string(buffer, end);
}

std::string shown(float number) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string(buffer, end);
}

bool read_bool(const Reading& reading, bool& to) {
  bool value = false;
  const Value& from = reading.value;
  if (from.is_scalar() && !from.quoted() && looks_boolean(from.text(), value)) {
    to = value;
    return true;
  }
  reading.refuse("true or false");
  return false;
}

bool read_integer(const Reading& reading, std::int64_t lowest, std::uint64_t highest, std::uint64_t& bits) {
  const Value& from = reading.value;
  if (!from.is_scalar() || from.quoted() || !looks_integer(from.text())) {
    reading.refuse(expected("an integer", reading.limits, true));
    return false;
  }
  bool negative = false;
  std::uint64_t magnitude = 0;
  const bool fits = to_magnitude(from.text(), negative, magnitude) &&
                    (negative ? magnitude <= -static_cast<std::uint64_t>(lowest) : magnitude <= highest);
  const double number = negative ? -static_cast<double>(magnitude) : static_cast<double>(magnitude);
  if (!fits || !within(reading.limits, number)) {
    out_of_range(reading, integer_bounds(reading.limits, lowest, highest));
    return false;
  }
  bits = negative ? -magnitude : magnitude;
  return true;
}

bool read_number(const Reading& reading, double& to) {
  const Value& from = reading.value;
  if (!from.is_scalar() || from.quoted() || !looks_number(from.text())) {
    reading.refuse(expected("a number", reading.limits, false));
    return false;
  }
  double number = 0;
  if (!to_number(from.text(), number)) {
    reading.refuse(expected("a finite number", reading.limits, false));
    return false;
  }
  if (!within(reading.limits, number)) {
    out_of_range(reading, bounds(reading.limits, false));
    return false;
  }
  to = number;
  return true;
}

bool read_string(const Reading& reading, std::string& to) {
  if (reading.value.is_scalar()) {
    to = reading.value.text();
    return true;
  }
  reading.refuse("text");
  return false;
}

bool read_path(const Reading& reading, std::filesystem::path& to) {
  if (reading.value.is_scalar() && !reading.value.text().empty()) {
    to = reading.value.path();
    return true;
  }
  reading.refuse("a path");
  return false;
}

std::size_t read_word(const Reading& reading, const std::vector<std::string>& words) {
  const Value& from = reading.value;
  if (from.is_scalar()) {
    const auto found = std::find(words.begin(), words.end(), from.text());
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  }
  reading.refuse(joined(words, " or "),
                 from.is_scalar() && !from.secret() ? hint_for(from.text(), words) : "");
  return words.size();
}

bool expect_list(const Reading& reading, std::size_t least, std::size_t most) {
  const Value& value = reading.value;
  const bool bounded = most != std::numeric_limits<std::size_t>::max();
  std::string items = std::to_string(least);
  if (least != most) items = bounded ? items + " to " + std::to_string(most) : "at least " + items;
  if (!bounded && least == 0) items.clear();
  if (!value.is_list()) {
    reading.refuse(items.empty() ? "a list" : "a list of " + items);
    return false;
  }
  const std::size_t size = value.items().size();
  if (size >= least && size <= most) return true;
  reading.diagnostics.add(value.place(), reading.shown_name() + " has " + std::to_string(size) +
                                             (size == 1 ? " item" : " items") + ", expected " + items);
  return false;
}

bool expect_map(const Reading& reading) {
  // `key:` with nothing under it says that every default holds.
  if (reading.value.is_map() || reading.value.is_null()) return true;
  reading.refuse("a map of keys and values");
  return false;
}

void check_keys(const Reading& reading, const std::vector<std::string>& known) {
  const auto has = [](const auto& list, const std::string& key) {
    return std::find(list.begin(), list.end(), key) != list.end();
  };
  std::vector<std::string> all = known;
  std::size_t unknown = 0;
  all.insert(all.end(), reading.beside.begin(), reading.beside.end());
  for (const Value::Entry& entry : reading.value.entries()) {
    if (has(all, entry.key)) continue;
    const std::string hint = unknown++ < kMostHinted ? hint_for(entry.key, all) : std::string();
    std::string message = "unknown key " + quoted_for_message(entry.key);
    if (hint.empty()) message += all.empty() ? ", expected none" : ", expected " + joined(all, " or ");
    reading.diagnostics.add(entry.key_place, std::move(message), hint);
  }
}

void missing_key(const Reading& reading, const std::string& key, const std::string& help) {
  reading.diagnostics.add(reading.value.place(), "key '" + key + "' is missing, expected " + help);
}

Schema with_limits(Schema schema, const Limits& limits) {
  if (limits.low) schema.minimum = limits.low;
  if (limits.high) schema.maximum = limits.high;
  schema.minimum_excluded = limits.low_excluded;
  return schema;
}

const Value* child(const Value* origin, std::string_view key) { return origin ? origin->find(key) : nullptr; }

const Value* child(const Value* origin, std::size_t index) {
  if (!origin) return nullptr;
  if (origin->is_scalar()) return origin;
  return index < origin->items().size() ? &origin->items()[index] : nullptr;
}

Value masked(Value value, const Value* origin) {
  return origin && origin->secret() ? make_secret(value) : std::move(value);
}

}  // namespace detail

}  // namespace actionflow::config
