// Text and bytes inside HTML pages.
#pragma once

#include <string>
#include <string_view>

namespace actionflow {

// For text between tags and inside quoted attributes: nothing in it is markup.
std::string escape_html(std::string_view text);

// RFC 4648, with padding, on one line.
std::string base64(std::string_view bytes);

}  // namespace actionflow
