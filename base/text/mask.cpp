#include "base/text/mask.h"

#include <algorithm>

#include "base/text/credentials.h"

namespace actionflow {

std::string without_credentials(const std::string& text) {
  std::string shown;
  std::size_t done = 0;
  for (const TextSpan& span : credentials_in(text, false)) {
    shown.append(text, done, span.begin - done).append("***");
    done = span.end;
  }
  return shown.append(text, done);
}

std::string with_credentials_starred(std::string_view line) {
  std::string shown(line);
  for (const TextSpan& span : credentials_in(line, true))
    std::fill(shown.begin() + static_cast<std::ptrdiff_t>(span.begin),
              shown.begin() + static_cast<std::ptrdiff_t>(span.end), '*');
  return shown;
}

}  // namespace actionflow
