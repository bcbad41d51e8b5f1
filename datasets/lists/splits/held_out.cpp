#include "datasets/lists/splits/held_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "base/random.h"
#include "base/text/natural_order.h"
#include "datasets/lists/list_paths.h"

namespace actionflow {

namespace {

using Entries = std::vector<VideoEntry>;
using Indices = std::vector<std::size_t>;

// Moves the entries whose index is in `moved`.
void move_entries(Entries& from, const std::set<std::size_t>& moved, Entries& to) {
  Entries rest;
  for (std::size_t i = 0; i < from.size(); ++i) (moved.contains(i) ? to : rest).push_back(std::move(from[i]));
  from = std::move(rest);
}

// Indices by the entries' groups or classes.
template <class Key>
std::map<Key, std::vector<std::size_t>> gathered(const Entries& entries, Key (*key)(const VideoEntry&)) {
  std::map<Key, std::vector<std::size_t>> result;
  for (std::size_t i = 0; i < entries.size(); ++i) result[key(entries[i])].push_back(i);
  return result;
}

std::string group_of(const VideoEntry& entry) { return entry.group; }
std::string video_of_part(const VideoEntry& entry) { return normal_path(entry.path); }

// Entries that stay together, in an order drawn.
std::vector<Indices> shuffled(std::map<std::string, Indices> gathered_entries, Random& random) {
  std::vector<Indices> units;
  for (auto& [name, members] : gathered_entries) units.push_back(std::move(members));
  random.shuffle(std::span(units));
  return units;
}

std::set<std::size_t> drawn_share(const std::vector<Indices>& units, std::size_t entries, double share) {
  const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(entries)));
  std::set<std::size_t> drawn;
  // One unit stays.
  for (std::size_t i = 0; i + 1 < units.size() && (drawn.empty() || drawn.size() < wanted); ++i)
    drawn.insert(units[i].begin(), units[i].end());
  return drawn;
}

// Dealt to parts of about the same number of entries: the largest first, each to the smallest part.
std::set<std::size_t> dealt_part(std::vector<Indices> units, const HeldOut& held_out) {
  std::stable_sort(units.begin(), units.end(),
                   [](const Indices& a, const Indices& b) { return a.size() > b.size(); });
  std::vector<std::set<std::size_t>> parts(static_cast<std::size_t>(held_out.parts));
  for (const Indices& unit : units) {
    const auto smallest = std::min_element(parts.begin(), parts.end(),
                                           [](const auto& a, const auto& b) { return a.size() < b.size(); });
    smallest->insert(unit.begin(), unit.end());
  }
  return parts[static_cast<std::size_t>(held_out.part)];
}

std::set<std::size_t> draw_whole(std::map<std::string, Indices> gathered_entries, std::size_t entries,
                                 const HeldOut& held_out, Random& random) {
  std::vector<Indices> units = shuffled(std::move(gathered_entries), random);
  return held_out.parts > 0 ? dealt_part(std::move(units), held_out)
                            : drawn_share(units, entries, held_out.share);
}

int first_label(const VideoEntry& entry) { return entry.labels.empty() ? -1 : entry.labels.front(); }

std::set<std::size_t> draw_of_each_class(const Entries& train, const HeldOut& held_out, Random& random) {
  std::set<std::size_t> drawn;
  for (auto& [label, members] : gathered<int>(train, first_label)) {
    if (members.size() < 2) continue;
    random.shuffle(std::span(members));
    const auto all = static_cast<double>(members.size());
    const auto first = held_out.parts > 0 ? std::llround(all * held_out.part / held_out.parts) : 0;
    const auto end = held_out.parts > 0 ? std::llround(all * (held_out.part + 1) / held_out.parts)
                                        : std::clamp<long long>(std::llround(held_out.share * all), 1,
                                                                static_cast<long long>(members.size()) - 1);
    drawn.insert(members.begin() + first, members.begin() + end);
  }
  return drawn;
}

std::size_t largest_class(const Entries& train) {
  std::size_t largest = 0;
  for (const auto& [label, members] : gathered<int>(train, first_label))
    largest = std::max(largest, members.size());
  return largest;
}

bool is_grouped(const Entries& entries) {
  return std::any_of(entries.begin(), entries.end(),
                     [](const VideoEntry& entry) { return !entry.group.empty(); });
}

}  // namespace

void draw_val(Dataset& dataset, const HeldOut& held_out, std::uint64_t seed, ListErrors& errors) {
  Random random(seed, "validation split");
  const Entries& train = dataset.train;
  const bool grouped = is_grouped(train);
  const bool cut =
      std::any_of(train.begin(), train.end(), [](const VideoEntry& entry) { return entry.part.has_value(); });
  const bool whole = grouped || cut;
  const auto units = whole ? gathered<std::string>(train, grouped ? group_of : video_of_part)
                           : std::map<std::string, Indices>();
  const std::size_t most_parts = whole ? units.size() : largest_class(train);
  if (held_out.parts > 0 && most_parts < static_cast<std::size_t>(held_out.parts)) {
    errors.add("members",
               fmt::format("train has {} {} to hold out one after another, expected at least {}, fewer "
                           "members, or a val list",
                           most_parts,
                           grouped ? "groups"
                           : cut   ? "videos"
                                   : "videos of a class",
                           held_out.parts));
    return;
  }
  const std::set<std::size_t> drawn =
      whole ? draw_whole(units, train.size(), held_out, random) : draw_of_each_class(train, held_out, random);
  if (drawn.empty())
    errors.add("data.val_share", grouped ? "all of train is one group, expected at least two, or a val list"
                                 : cut   ? "all of train is one video, expected at least two, or a val list"
                                         : "no class has two videos to share, expected a val list");
  move_entries(dataset.train, drawn, dataset.val);
}

void draw_other_val(Dataset& dataset, Entries& other, const HeldOut& held_out, std::uint64_t seed) {
  Random random(seed, "validation of other movements");
  const std::set<std::size_t> drawn =
      is_grouped(other) ? draw_whole(gathered<std::string>(other, group_of), other.size(), held_out, random)
                        : draw_of_each_class(other, held_out, random);
  move_entries(other, drawn, dataset.val);
}

void split_fold(const Entries& entries, int folds, int fold, Entries& rest, Entries& held_out) {
  if (folds < 2 || fold < 0 || fold >= folds)
    throw UsageError(fmt::format("fold {} of {}, expected 0 to one less than the folds, and at least 2 folds",
                                 fold, folds));
  std::set<std::string> names;
  for (const VideoEntry& entry : entries) {
    if (entry.group.empty())
      throw UsageError(
          fmt::format("{}: '{}' has no group, so it fits no fold; name data.groups", entry.list, entry.name));
    names.insert(entry.group);
  }
  constexpr std::size_t kLongestNumber = 9;
  const bool numbers = std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return is_number(name) && name.size() <= kLongestNumber;
  });
  std::vector<std::string> sorted(names.begin(), names.end());
  std::sort(sorted.begin(), sorted.end(), natural_less);
  std::map<std::string, int> number;
  for (std::size_t i = 0; i < sorted.size(); ++i)
    number[sorted[i]] = numbers ? std::stoi(sorted[i]) : static_cast<int>(i);
  rest.clear();
  held_out.clear();
  for (const VideoEntry& entry : entries)
    (number[entry.group] % folds == fold ? held_out : rest).push_back(entry);
  if (held_out.empty() || rest.empty())
    throw UsageError(fmt::format("fold {} of {} holds {} of the {} videos; there are {} groups", fold, folds,
                                 held_out.empty() ? "none" : "all", entries.size(), names.size()));
}

}  // namespace actionflow
