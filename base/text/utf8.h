// UTF-8, in which configurations and classes have to be written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace actionflow {

// Bytes of the character that `text` begins with, 0 when it is none or `text` is empty. Overlong forms,
// surrogates and what lies beyond U+10FFFF are none.
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// With U+FFFD for control characters, line ends among them, and for bytes that are no UTF-8: names of files
// may hold both.
std::string printable(std::string_view text);

}  // namespace actionflow
