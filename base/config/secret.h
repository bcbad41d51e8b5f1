// A text of a configuration that is never shown: printed as ***, wherever it comes from. Best kept in the
// environment: `password: "${MQTT_PASSWORD}"`.
#pragma once

#include <string>

#include "base/config/fields.h"

namespace actionflow {

struct Secret : std::string {
  using std::string::string;
  Secret() = default;
  Secret(const std::string& text) : std::string(text) {}
};

}  // namespace actionflow

template <>
struct actionflow::config::Type<actionflow::Secret> {
  static bool read(const Reading& reading, Secret& to) { return detail::read_string(reading, to); }
  static Value write(const Secret& value, const Value*) {
    const Value text = make_scalar(value, true);
    return value.empty() ? text : make_secret(text);
  }
  static Schema schema(const Limits&) { return {.type = "string"}; }
};
