#include "datasets/lists/rows_beyond.h"

#include <algorithm>
#include <set>

#include "base/machine/in_parallel.h"
#include "datasets/lists/entries_by_file.h"
#include "datasets/recordings/part_frames.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

namespace {

// What the container states; nothing where it states none or cannot be opened.
std::optional<double> stated_seconds(const VideoEntry& entry) {
  try {
    const StopFlag never{false};
    return Reader::open(entry.source(), never)->info().duration;
  } catch (const SourceError&) {
    return std::nullopt;
  }
}

bool has_times(const VideoEntry& entry) { return entry.part || !entry.actions.empty(); }

void add_rows(const VideoEntry& entry, std::size_t index, double seconds, std::vector<RowBeyond>& rows) {
  const auto what = [&](const char* kind, const TimeSpan& span) {
    return beyond_text(kind, span, "'" + entry.name + "'", seconds);
  };
  if (entry.part && lies_beyond(*entry.part, seconds))
    rows.push_back({index, std::nullopt, entry.list, what("part", *entry.part)});
  for (std::size_t i = 0; i < entry.actions.size(); ++i) {
    const TimeSpan span{entry.actions[i].start, entry.actions[i].end};
    if (lies_beyond(span, seconds)) rows.push_back({index, i, entry.action_places[i], what("action", span)});
  }
}

}  // namespace

std::vector<RowBeyond> rows_beyond(const std::vector<VideoEntry>& entries, int threads) {
  const EntriesByFile files(entries);
  std::vector<std::optional<double>> seconds(files.count());
  run_in_parallel(files.count(), threads, nullptr, [&](std::size_t i) {
    for (const std::size_t entry : files.entries(i)) {
      if (!has_times(entries[entry])) continue;
      seconds[i] = stated_seconds(entries[entry]);
      return;
    }
  });
  std::vector<RowBeyond> rows;
  for (std::size_t i = 0; i < files.count(); ++i) {
    if (!seconds[i]) continue;
    for (const std::size_t entry : files.entries(i)) add_rows(entries[entry], entry, *seconds[i], rows);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const RowBeyond& a, const RowBeyond& b) { return a.entry < b.entry; });
  return rows;
}

void leave_out(const std::vector<RowBeyond>& rows, std::vector<VideoEntry>& entries) {
  std::set<std::size_t> gone;
  for (const RowBeyond& row : rows) {
    if (row.action)
      entries[row.entry].actions[*row.action].label = kAmbiguous;
    else
      gone.insert(row.entry);
  }
  std::vector<VideoEntry> kept;
  kept.reserve(entries.size() - gone.size());
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!gone.contains(i)) kept.push_back(std::move(entries[i]));
  entries = std::move(kept);
}

}  // namespace actionflow
