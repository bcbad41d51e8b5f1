#include "base/text/remote_name.h"

#include <algorithm>
#include <array>

#include "base/text/lower_case.h"

namespace actionflow {

bool is_remote(std::string_view name) {
  for (const std::string_view scheme : {"https://", "http://", "s3://"})
    if (lower_case(name.substr(0, scheme.size())) == scheme) return true;
  return false;
}

bool names_recording(std::string_view address) {
  constexpr std::array<std::string_view, 13> kSuffixes{".mp4", ".m4v", ".mov",  ".mkv", ".webm",
                                                       ".avi", ".mpg", ".mpeg", ".wmv", ".3gp",
                                                       ".ogv", ".mts", ".m2ts"};
  const std::string path = lower_case(address.substr(0, address.find_first_of("?#")));
  return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [&](std::string_view suffix) { return path.ends_with(suffix); });
}

}  // namespace actionflow
