#include "datasets/lists/split_check.h"
#include "base/natural_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/random.h"
#include "datasets/lists/video_locator.h"

namespace actionflow {

namespace {

constexpr std::size_t kMostNamed = 10;
using Entries = std::vector<VideoEntry>;
using Places = std::unordered_map<std::string, const VideoEntry*>;

std::string video_of(const VideoEntry& entry) { return normal_path(entry.path); }

// Two parts of a video are two samples.
std::string sample_of(const VideoEntry& entry) {
  return entry.part ? fmt::format("{}\n{} {}", video_of(entry), entry.part->begin, entry.part->end)
                    : video_of(entry);
}

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

struct Split {
  const char* key;
  const Entries* entries;
  bool compares_groups = false;  // with the splits before it
};

// "train.txt" of "train.txt:12".
std::string list_of(const VideoEntry& entry) { return entry.list.substr(0, entry.list.rfind(':')); }

// Where one split is the other, or lies in it, one line says so.
void find_leaks_between(const Split& one, const Split& other, ListErrors& errors) {
  Places seen;
  for (const VideoEntry& entry : *one.entries) seen.emplace(video_of(entry), &entry);
  std::vector<std::pair<const VideoEntry*, const VideoEntry*>> leaks;
  for (const VideoEntry& entry : *other.entries) {
    if (const auto found = seen.find(video_of(entry)); found != seen.end())
      leaks.emplace_back(found->second, &entry);
  }
  if (leaks.size() > 1 && leaks.size() == other.entries->size()) {
    const auto& [here, there] = leaks.front();
    const bool one_list = list_of(*here) == list_of(*there) && one.entries->size() == leaks.size();
    errors.add(list_of(*there),
               one_list ? fmt::format("{} and {} name one list, expected lists without a video in common",
                                      one.key, other.key)
                        : fmt::format("a leak: all {} videos of {} stand in {} too, as '{}' in {}",
                                      leaks.size(), other.key, one.key, there->name, here->list));
    return;
  }
  for (const auto& [here, there] : leaks)
    errors.add(there->list, fmt::format("a leak: '{}' stands in {} too", there->name, here->list));
  if (other.compares_groups) find_group_leaks(*one.entries, *other.entries, errors);
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

std::string group_of(const VideoEntry& entry) { return entry.group; }

std::set<std::size_t> draw_whole(std::map<std::string, std::vector<std::size_t>> gathered_entries,
                                 std::size_t entries, double share, Random& random) {
  std::vector<std::vector<std::size_t>> groups;
  for (auto& [name, members] : gathered_entries) groups.push_back(std::move(members));
  random.shuffle(std::span(groups));
  const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(entries)));
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
    const auto [at, added] = seen.emplace(sample_of(entry), &entry);
    if (added) continue;
    const bool other_label = at->second->labels != entry.labels;
    errors.add(entry.list, fmt::format("'{}' stands in {} already{}", entry.title(), at->second->list,
                                       other_label ? ", with another label" : ""));
  }
}

void find_leaks(const Dataset& dataset, const Entries& other, ListErrors& errors) {
  const std::array<Split, 5> splits{{{"data.train", &dataset.train},
                                     {"data.other", &other},
                                     {"data.val", &dataset.val, true},
                                     {"data.test", &dataset.test, true},
                                     {"data.unknown", &dataset.unknown}}};
  for (std::size_t i = 0; i < splits.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) find_leaks_between(splits[k], splits[i], errors);
  }
}

void warn_of_classes(const std::vector<std::string>& classes, Dataset& dataset) {
  if (dataset.train.empty()) return;
  std::vector<bool> seen(classes.size());
  for (const VideoEntry& entry : dataset.train) {
    for (const int label : entry.labels) seen[static_cast<std::size_t>(label)] = true;
    for (const TimedAction& action : entry.actions)
      if (action.label >= 0) seen[static_cast<std::size_t>(action.label)] = true;
  }
  std::vector<std::string> without;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i]) without.push_back(classes[i]);
  }
  if (without.empty()) return;
  const std::size_t all = without.size();
  without.resize(std::min(all, kMostNamed));
  dataset.warnings.push_back(fmt::format("{} of {} classes have no training videos: {}{}", all, seen.size(),
                                         fmt::join(without, ", "), all > without.size() ? ", …" : ""));
}

void warn_of_groups(Dataset& dataset, ListErrors& errors) {
  using Split = std::pair<const char*, const std::vector<VideoEntry>*>;
  for (const auto& [split, entries] :
       {Split("training", &dataset.train), Split("validation", &dataset.val), Split("test", &dataset.test)}) {
    const auto has_none = [](const VideoEntry& entry) { return entry.group.empty(); };
    const auto without = static_cast<std::size_t>(std::count_if(entries->begin(), entries->end(), has_none));
    if (without == 0) continue;
    const VideoEntry& first = *std::find_if(entries->begin(), entries->end(), has_none);
    const std::string what = fmt::format("data.groups gives no group to {} of {} {} videos, as '{}'", without,
                                         entries->size(), split, first.name);
    if (entries == &dataset.train && without == entries->size())
      errors.add(first.list, what);
    else
      dataset.warnings.push_back(what);
  }
}

namespace {

bool is_grouped(const Entries& entries) {
  return std::any_of(entries.begin(), entries.end(),
                     [](const VideoEntry& entry) { return !entry.group.empty(); });
}

}  // namespace

void draw_val(Dataset& dataset, double share, std::uint64_t seed, ListErrors& errors) {
  Random random(seed, "validation split");
  const Entries& train = dataset.train;
  const bool grouped = is_grouped(train);
  const bool parts =
      std::any_of(train.begin(), train.end(), [](const VideoEntry& entry) { return entry.part.has_value(); });
  const std::set<std::size_t> drawn =
      grouped ? draw_whole(gathered<std::string>(train, group_of), train.size(), share, random)
      : parts ? draw_whole(gathered<std::string>(train, video_of), train.size(), share, random)
              : draw_of_each_class(train, share, random);
  if (drawn.empty())
    errors.add("data.val_share", grouped ? "all of train is one group, expected at least two, or a val list"
                                 : parts ? "all of train is one video, expected at least two, or a val list"
                                         : "no class has two videos to share, expected a val list");
  move_entries(dataset.train, drawn, dataset.val);
}

void draw_other_val(Dataset& dataset, Entries& other, double share, std::uint64_t seed) {
  Random random(seed, "validation of other movements");
  const std::set<std::size_t> drawn =
      is_grouped(other) ? draw_whole(gathered<std::string>(other, group_of), other.size(), share, random)
                        : draw_of_each_class(other, share, random);
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
