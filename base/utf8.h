// UTF-8, in which configurations and classes have to be written.
#pragma once

#include <cstddef>
#include <string_view>

namespace actionflow {

// Bytes of the character that `text` begins with, 0 when it is none or `text` is empty. Overlong forms,
// surrogates and what lies beyond U+10FFFF are none.
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace actionflow
