#include "models/formats/names/nearest_names.h"

#include <algorithm>
#include <string_view>

#include "models/formats/names/torch_parameters.h"

namespace actionflow {
namespace {

constexpr std::size_t kMostNamed = 2, kMostCharacters = 128;

// The longest common subsequence, as a share of both.
double likeness(std::string_view a, std::string_view b) {
  a = a.substr(0, kMostCharacters);
  b = b.substr(0, kMostCharacters);
  std::vector<std::size_t> row(b.size() + 1, 0);
  for (const char c : a) {
    std::size_t diagonal = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = c == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return 2.0 * static_cast<double>(row.back()) /
         static_cast<double>(std::max<std::size_t>(a.size() + b.size(), 1));
}

}  // namespace

std::vector<std::string> nearest_names(const NamedShape& wanted, const std::vector<NamedShape>& candidates) {
  std::vector<std::pair<double, std::string>> ranked;
  for (const NamedShape& candidate : candidates) {
    if (same_but_for_ones(candidate.shape, wanted.shape))
      ranked.emplace_back(-likeness(candidate.name, wanted.name), candidate.name);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> names;
  for (const auto& [rank, name] : ranked) {
    if (names.size() < kMostNamed) names.push_back(name);
  }
  return names;
}

}  // namespace actionflow
