#include "models/training/name_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/config/config.h"
#include "base/error.h"

namespace actionflow {

bool matches_pattern(std::string_view name, std::string_view pattern) {
  std::size_t n = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++n;
      ++p;
    } else if (star != std::string_view::npos) {
      // The last star takes one character more.
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

const std::string* matching_pattern(std::string_view name, std::span<const std::string> patterns) {
  const auto found = std::find_if(patterns.begin(), patterns.end(), [name](const std::string& pattern) {
    return matches_pattern(name, pattern);
  });
  return found == patterns.end() ? nullptr : &*found;
}

void check_patterns(std::span<const std::string> patterns, const Architecture& architecture,
                    std::string_view key) {
  std::vector<std::string> names;
  for (const LayerInfo& layer : architecture.layers) {
    for (const Parameter& parameter : layer.parameters) names.push_back(parameter.name);
  }
  for (const std::string& pattern : patterns) {
    const bool used = std::any_of(names.begin(), names.end(),
                                  [&](const std::string& name) { return matches_pattern(name, pattern); });
    if (used) continue;
    const std::string near = config::did_you_mean(pattern, names);
    throw ModelError(fmt::format(
        "{}: '{}' matches no parameter of '{}'{}; a pattern is a parameter's whole name, where * stands "
        "for any characters and ? for one, as \"stem.*\" or \"*.gamma\"",
        key, pattern, architecture.name,
        near.empty() ? fmt::format(" (they are called like '{}')", names.empty() ? "" : names.front())
                     : fmt::format(", did you mean '{}'?", near)));
  }
}

}  // namespace actionflow
