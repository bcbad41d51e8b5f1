#include "datasets/lists/split_check.h"
#include "base/natural_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include "base/random.h"
#include "datasets/lists/video_locator.h"

namespace actionflow {

namespace {

using Entries = std::vector<VideoEntry>;
using Places = std::unordered_map<std::string, const VideoEntry*>;

std::string key_of(const VideoEntry& entry) { return normal_path(entry.path); }

// The first entry of each group, and how many it has.
struct GroupShare {
  const VideoEntry* first = nullptr;
  std::size_t videos = 0;
};
using GroupShares = std::map<std::string, GroupShare>;

GroupShares groups_of(const Entries& entries) {
  GroupShares groups;
  for (const VideoEntry& entry : entries) {
    if (entry.group.empty()) continue;
    GroupShare& group = groups[entry.group];
    if (!group.first) group.first = &entry;
    ++group.videos;
  }
  return groups;
}

void find_group_leaks(const Entries& one, const Entries& other, ListErrors& errors) {
  const GroupShares here = groups_of(one);
  for (const auto& [name, share] : groups_of(other)) {
    const auto found = here.find(name);
    if (found == here.end()) continue;
    errors.add(
        share.first->list,
        fmt::format("a leak: group '{}' stands on both sides of a split, as '{}' ({} videos) and in {} as "
                    "'{}' ({} videos)",
                    name, share.first->name, share.videos, found->second.first->list,
                    found->second.first->name, found->second.videos));
  }
}

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

std::set<std::size_t> draw_groups(const Entries& train, double share, Random& random) {
  std::vector<std::vector<std::size_t>> groups;
  for (auto& [name, members] :
       gathered<std::string>(train, [](const VideoEntry& entry) { return entry.group; }))
    groups.push_back(std::move(members));
  random.shuffle(std::span(groups));
  const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(train.size())));
  std::set<std::size_t> drawn;
  // One group stays.
  for (std::size_t i = 0; i + 1 < groups.size() && (drawn.empty() || drawn.size() < wanted); ++i)
    drawn.insert(groups[i].begin(), groups[i].end());
  return drawn;
}

std::set<std::size_t> draw_of_each_class(const Entries& train, double share, Random& random) {
  std::set<std::size_t> drawn;
  for (auto& [label, members] : gathered<int>(
           train, [](const VideoEntry& entry) { return entry.labels.empty() ? -1 : entry.labels.front(); })) {
    if (members.size() < 2) continue;
    random.shuffle(std::span(members));
    const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(members.size())));
    members.resize(std::clamp<std::size_t>(wanted, 1, members.size() - 1));
    drawn.insert(members.begin(), members.end());
  }
  return drawn;
}

}  // namespace

void find_doubles(const Entries& entries, ListErrors& errors) {
  Places seen;
  for (const VideoEntry& entry : entries) {
    const auto [at, added] = seen.emplace(key_of(entry), &entry);
    if (added) continue;
    const bool other_label = at->second->labels != entry.labels;
    errors.add(entry.list, fmt::format("'{}' stands in {} already{}", entry.name, at->second->list,
                                       other_label ? ", with another label" : ""));
  }
}

void find_leaks(const Dataset& dataset, const Entries& other, ListErrors& errors) {
  Places seen;
  for (const Entries* split : {&dataset.train, &other, &dataset.val, &dataset.test, &dataset.unknown}) {
    for (const VideoEntry& entry : *split) {
      const auto found = seen.find(key_of(entry));
      if (found != seen.end())
        errors.add(entry.list, fmt::format("a leak: '{}' stands in {} too", entry.name, found->second->list));
    }
    for (const VideoEntry& entry : *split) seen.emplace(key_of(entry), &entry);
  }
  find_group_leaks(dataset.train, dataset.val, errors);
  find_group_leaks(dataset.train, dataset.test, errors);
  find_group_leaks(dataset.val, dataset.test, errors);
  find_group_leaks(other, dataset.val, errors);
  find_group_leaks(other, dataset.test, errors);
}

void draw_val(Dataset& dataset, double share, std::uint64_t seed, ListErrors& errors) {
  Random random(seed, "validation split");
  const bool grouped = std::any_of(dataset.train.begin(), dataset.train.end(),
                                   [](const VideoEntry& entry) { return !entry.group.empty(); });
  const std::set<std::size_t> drawn =
      grouped ? draw_groups(dataset.train, share, random) : draw_of_each_class(dataset.train, share, random);
  if (drawn.empty())
    errors.add("data.val_share", grouped ? "all of train is one group, expected at least two, or a val list"
                                         : "no class has two videos to share, expected a val list");
  move_entries(dataset.train, drawn, dataset.val);
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
