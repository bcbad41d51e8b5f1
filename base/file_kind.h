// What a file that is no text seems to be, for messages to a person who named the wrong one.
#pragma once

#include <string_view>

namespace actionflow {

// Of the file's first bytes (64 or more where it has them): "an MP4 or MOV video"; empty where nothing is
// recognised.
std::string_view file_kind(std::string_view head);

}  // namespace actionflow
