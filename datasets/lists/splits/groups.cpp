#include "datasets/lists/splits/groups.h"

#include <fmt/format.h>

#include <regex>

namespace actionflow {

namespace fs = std::filesystem;

struct Groups::Pattern {
  std::regex expression;
};

Groups::Groups(const std::string& named, const fs::path& root, ListErrors& errors) {
  if (named.empty()) return;
  std::error_code ignored;
  fs::path file = root / named;
  if (!fs::is_regular_file(file, ignored)) file = named;
  if (!fs::is_regular_file(file, ignored)) {
    pattern_ = std::make_unique<Pattern>();
    try {
      pattern_->expression.assign(named);
    } catch (const std::regex_error& error) {
      throw UsageError(
          fmt::format("data.groups is '{}', which is neither a file under {} nor a regular "
                      "expression: {}",
                      named, root.string(), error.what()));
    }
    if (pattern_->expression.mark_count() == 0)
      throw UsageError(
          fmt::format("data.groups is '{}', expected a file of `name group` lines under {}, or a "
                      "regular expression with a part in parentheses that is the group",
                      named, root.string()));
    return;
  }
  const std::size_t errors_before = errors.count();
  const ListText list(file, errors);
  for (const ListLine& line : list.lines(errors)) {
    const std::size_t blank = line.text.find_last_of(" \t");
    if (blank == std::string_view::npos) {
      errors.add(list.place(line.number),
                 fmt::format("'{}', expected a video's name and its group", line.text));
      continue;
    }
    const std::string name(trimmed(line.text.substr(0, blank)));
    const std::string group(line.text.substr(blank + 1));
    const auto [at, added] = by_name_.emplace(name, group);
    if (!added && at->second != group)
      errors.add(list.place(line.number),
                 fmt::format("'{}' is in group {}, but was in {} before", name, group, at->second));
  }
  if (by_name_.empty() && errors.count() == errors_before)
    errors.add(file.string(), "holds no groups, expected `name group` lines");
}

Groups::~Groups() = default;

bool Groups::any() const { return pattern_ != nullptr || !by_name_.empty(); }

std::string Groups::of(const std::string& name) const {
  if (pattern_) {
    std::smatch match;
    try {
      return std::regex_search(name, match, pattern_->expression) ? match[1].str() : std::string();
    } catch (const std::regex_error&) {
      throw UsageError(
          fmt::format("data.groups is a pattern that takes too long on '{}'; make it simpler", name));
    }
  }
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::string() : found->second;
}

}  // namespace actionflow
