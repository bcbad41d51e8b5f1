// What a file seems to be by its first bytes, of which 64 are enough: names and suffixes are often wrong.
#pragma once

#include <string_view>

namespace actionflow {

// "an MP4 or MOV video", for messages to a person who named the wrong file; empty where nothing is
// recognised.
std::string_view file_kind(std::string_view head);

// "JPEG" of a picture; empty of all else.
std::string_view picture_format(std::string_view head);

}  // namespace actionflow
