#include "base/config/quantity.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <span>

#include "base/config/value.h"

namespace actionflow {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

// Largest first.
constexpr Unit kSizes[] = {{"TiB", 1099511627776.},
                           {"TB", 1e12},
                           {"GiB", 1073741824.},
                           {"GB", 1e9},
                           {"MiB", 1048576.},
                           {"MB", 1e6},
                           {"KiB", 1024.},
                           {"kB", 1e3},
                           {"B", 1.}};
constexpr Unit kTimes[] = {{"d", 86400.}, {"h", 3600.}, {"min", 60.}, {"s", 1.}, {"ms", 1e-3}};

// Beyond it doubles no longer count single bytes.
constexpr double kMost = 9e15;

std::optional<double> parse(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789.eE+"), text.size());
  const std::string_view number = text.substr(0, digits);
  std::string_view unit = text.substr(digits);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto same = [](char a, char b) { return std::tolower(a) == std::tolower(b); };
  const auto known = std::find_if(units.begin(), units.end(), [&](const Unit& one) {
    return std::equal(one.name.begin(), one.name.end(), unit.begin(), unit.end(), same);
  });
  if (!config::looks_number(number) || (!unit.empty() && known == units.end())) return std::nullopt;
  return std::strtod(std::string(number).c_str(), nullptr) * (unit.empty() ? 1. : known->factor);
}

std::string shown(double value, std::span<const Unit> units, std::string_view plain) {
  for (const Unit& unit : units) {
    const double count = value / unit.factor;
    if (value > 0 && count >= 1 && count == std::floor(count))
      return config::detail::shown(count) + " " + std::string(unit.name);
  }
  return config::detail::shown(value) + " " + std::string(plain);
}

bool read_quantity(const config::Reading& reading, std::span<const Unit> units, const std::string& expected,
                   double& to) {
  const auto value = reading.value.is_scalar() ? parse(reading.value.text(), units) : std::optional<double>();
  const config::Limits& limits = reading.limits;
  if (!value || !(*value <= kMost) || (limits.low && *value < *limits.low) ||
      (limits.low_excluded && *value == *limits.low) || (limits.high && *value > *limits.high)) {
    reading.refuse(expected);
    return false;
  }
  to = *value;
  return true;
}

// "a size such as 64 MB, at least 1 kB"
template <class Quantity>
std::string with_bounds(std::string text, const config::Limits& limits, Quantity (*of)(double)) {
  if (limits.low && limits.low_excluded) text += ", more than " + to_string(of(*limits.low));
  if (limits.low && !limits.low_excluded) text += ", at least " + to_string(of(*limits.low));
  if (limits.high) text += ", at most " + to_string(of(*limits.high));
  return text;
}

ByteSize bytes_of(double value) { return {static_cast<std::int64_t>(value)}; }
Duration seconds_of(double value) { return {value}; }

config::Schema number_with_unit() {
  config::Schema schema;
  schema.choices = {{.type = "string"}, {.type = "number"}};
  return schema;
}

}  // namespace

std::string to_string(ByteSize size) { return shown(static_cast<double>(size.bytes), kSizes, "B"); }
std::string to_string(Duration duration) { return shown(duration.seconds, kTimes, "s"); }

namespace config {

bool Type<ByteSize>::read(const Reading& reading, ByteSize& to) {
  double bytes = 0;
  if (!read_quantity(reading, kSizes, with_bounds("a size such as 64 MB", reading.limits, bytes_of), bytes))
    return false;
  to = bytes_of(bytes);
  return true;
}

Value Type<ByteSize>::write(ByteSize value, const Value* origin) {
  return detail::masked(make_scalar(to_string(value)), origin);
}

Schema Type<ByteSize>::schema(const Limits&) { return number_with_unit(); }

bool Type<Duration>::read(const Reading& reading, Duration& to) {
  return read_quantity(reading, kTimes, with_bounds("a duration such as 30 s", reading.limits, seconds_of),
                       to.seconds);
}

Value Type<Duration>::write(Duration value, const Value* origin) {
  return detail::masked(make_scalar(to_string(value)), origin);
}

Schema Type<Duration>::schema(const Limits&) { return number_with_unit(); }

}  // namespace config

}  // namespace actionflow
