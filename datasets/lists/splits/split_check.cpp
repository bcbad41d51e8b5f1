#include "datasets/lists/splits/split_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "datasets/lists/list_paths.h"

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

std::vector<bool> trained_classes(const std::vector<std::string>& classes, const Dataset& dataset) {
  std::vector<bool> seen(classes.size());
  for (const VideoEntry& entry : dataset.train) {
    for (const int label : entry.labels) seen[static_cast<std::size_t>(label)] = true;
    for (const TimedAction& action : entry.actions)
      if (action.label >= 0) seen[static_cast<std::size_t>(action.label)] = true;
  }
  return seen;
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
  const std::vector<bool> seen = trained_classes(classes, dataset);
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

std::optional<std::string> only_class(const std::vector<std::string>& classes, const Dataset& dataset) {
  const std::vector<bool> seen = trained_classes(classes, dataset);
  if (std::count(seen.begin(), seen.end(), true) != 1) return std::nullopt;
  return classes[static_cast<std::size_t>(std::find(seen.begin(), seen.end(), true) - seen.begin())];
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

}  // namespace actionflow
