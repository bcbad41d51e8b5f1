// Sizes and durations of a configuration, with their units: `limit: 2 GB`, `keep: 30 d`, `every: 1.5 s`.
//
// Units are decimal (kB, MB, GB, TB) or binary (KiB, MiB, GiB, TiB), and ms, s, min, h, d. A plain number is
// bytes or seconds. Negative ones and words are refused with the units that are known.
#pragma once

#include <cstdint>
#include <string>

#include "base/config/fields.h"

namespace actionflow {

struct ByteSize {
  std::int64_t bytes = 0;
  bool operator==(const ByteSize&) const = default;
};

struct Duration {
  double seconds = 0;
  bool operator==(const Duration&) const = default;
};

// In the largest unit in which it is a whole number: "64 MB", "1536 B"; "30 d", "90 s".
std::string to_string(ByteSize size);
std::string to_string(Duration duration);

namespace config {

template <>
struct Type<ByteSize> {
  static bool read(const Reading& reading, ByteSize& to);
  static Value write(ByteSize value, const Value* origin);
  static Schema schema(const Limits& limits);
};

template <>
struct Type<Duration> {
  static bool read(const Reading& reading, Duration& to);
  static Value write(Duration value, const Value* origin);
  static Schema schema(const Limits& limits);
};

}  // namespace config

}  // namespace actionflow
