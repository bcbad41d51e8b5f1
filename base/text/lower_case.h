// Letters of words that people write as they like.
#pragma once

#include <string>
#include <string_view>

namespace actionflow {

// A to Z as small letters; every other byte as it is.
std::string lower_case(std::string_view text);

}  // namespace actionflow
