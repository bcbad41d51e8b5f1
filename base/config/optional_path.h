// A path of a configuration that may be left empty, to say none: `val: ""`, `val:` or, on the command line,
// `data.val=`. A plain std::filesystem::path refuses that.
#pragma once

#include <filesystem>
#include <string>

#include "base/config/fields.h"

namespace actionflow {

struct OptionalPath : std::filesystem::path {
  OptionalPath() = default;
  OptionalPath(const std::filesystem::path& other) : std::filesystem::path(other) {}
  OptionalPath(const char* text) : std::filesystem::path(text) {}
  OptionalPath(const std::string& text) : std::filesystem::path(text) {}
};

}  // namespace actionflow

template <>
struct actionflow::config::Type<actionflow::OptionalPath> {
  using Path = Type<std::filesystem::path>;
  static bool read(const Reading& reading, OptionalPath& to) {
    const bool none = reading.value.is_null() || (reading.value.is_scalar() && reading.value.text().empty());
    if (none) to = OptionalPath();
    return none || Path::read(reading, to);
  }
  static Value write(const OptionalPath& value, const Value* origin) { return Path::write(value, origin); }
  static Schema schema(const Limits& limits) {
    Schema schema = Path::schema(limits);
    schema.null_too = true;
    return schema;
  }
};
