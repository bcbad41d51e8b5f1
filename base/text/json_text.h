// JSON as it leaves the program.
#pragma once

#include <string>

namespace actionflow {

// On one line, or, with an indent, on many. Names of files need not be UTF-8; what is not becomes U+FFFD.
template <class Json>
std::string json_text(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace actionflow
