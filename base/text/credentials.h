// Where in a text credentials stand; what they are, mask.h says. From any thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace actionflow {

// Of the hash by which source_name.h tells what is hidden apart.
inline constexpr std::size_t kHiddenDigits = 12;

// Bytes of a text, from begin to before end.
struct TextSpan {
  std::size_t begin, end;
};

// In order and apart. `of_configuration`: the text is a line of one, with keys that name a secret.
std::vector<TextSpan> credentials_in(std::string_view text, bool of_configuration);

}  // namespace actionflow
