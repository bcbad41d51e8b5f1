#include "datasets/lists/shard_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>

#include "base/error.h"

namespace actionflow {

namespace {

constexpr std::size_t kMostShards = 100'000;

}  // namespace

bool names_shards(std::string_view name) {
  const std::string_view path = name.substr(0, name.find_first_of("?#"));
  // Compressed ones are told so when they are opened.
  return std::ranges::any_of(
      std::array<std::string_view, 6>{".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.bz2", ".tar.xz"},
      [&](std::string_view suffix) { return path.ends_with(suffix); });
}

std::vector<std::string> shard_names(const std::string& name) {
  static const std::regex kRange("\\{([0-9]{1,9})\\.\\.([0-9]{1,9})\\}");
  std::smatch found;
  if (!std::regex_search(name, found, kRange)) return {name};
  const std::string before = found.prefix(), after = found.suffix(), digits = found[1];
  const unsigned long first = std::stoul(digits), last = std::stoul(found[2]);
  const auto refuse = [&] {
    throw UsageError(
        fmt::format("{}: expected {{A..B}} with A not above B, {} archives at most", name, kMostShards));
  };
  if (last < first || last - first >= kMostShards) refuse();
  const std::vector<std::string> endings = shard_names(after);
  if ((last - first + 1) * endings.size() > kMostShards) refuse();
  std::vector<std::string> names;
  for (unsigned long number = first; number <= last; ++number)
    for (const std::string& ending : endings)
      names.push_back(fmt::format("{}{:0{}d}{}", before, number, digits.size(), ending));
  return names;
}

}  // namespace actionflow
