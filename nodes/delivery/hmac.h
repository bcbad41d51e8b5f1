// HMAC-SHA256 (RFC 2104): says that whoever sent a text knows the key.
#pragma once

#include <string>
#include <string_view>

namespace actionflow {

// 64 lower-case hexadecimal digits.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace actionflow
