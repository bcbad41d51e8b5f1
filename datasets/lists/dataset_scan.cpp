#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/log/progress.h"
#include "base/machine/in_parallel.h"
#include "datasets/lists/dataset.h"
#include "datasets/lists/list_text.h"
#include "datasets/recordings/video_index.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

namespace {

// A clip as long as the video is not short for want of a microsecond.
constexpr double kSlackSeconds = 1e-3;
// That a part may reach beyond its video: lists round times to whole seconds.
constexpr double kRoundedSeconds = 0.5;

struct ScannedFile {
  std::string why;  // it cannot be read, or empty
  double seconds = 0;
  std::int64_t frames = 0;
};

ScannedFile scan(const VideoEntry& entry) {
  try {
    const VideoIndex index = index_video(entry.source());
    return {{}, index.duration, index.packets};
  } catch (const std::exception& error) {
    return {error.what(), 0, 0};
  }
}

// What the container states; nothing where it states none or cannot be opened.
std::optional<double> stated_seconds(const VideoEntry& entry) {
  try {
    const StopFlag never{false};
    return Reader::open(entry.source(), never)->info().duration;
  } catch (const SourceError&) {
    return std::nullopt;
  }
}

// The entries of each file, in the order in which files come first.
std::vector<std::vector<const VideoEntry*>> by_file(const std::vector<VideoEntry>& entries) {
  std::vector<std::vector<const VideoEntry*>> files;
  std::unordered_map<std::string, std::size_t> places;
  for (const VideoEntry& entry : entries) {
    const auto [at, added] = places.emplace(entry.path.string(), files.size());
    if (added) files.emplace_back();
    files[at->second].push_back(&entry);
  }
  return files;
}

void check_part(const VideoEntry& entry, double seconds, ListErrors& errors) {
  const auto lies_beyond = [&](double begin, double end) {
    return begin >= seconds || end > seconds + kRoundedSeconds;
  };
  const auto refuse = [&](const std::string& place, const char* what, double begin, double end) {
    errors.add(place, fmt::format("the {} from {:g} to {:g} s lies beyond '{}', which has {:g} s", what,
                                  begin, end, entry.name, seconds));
  };
  if (entry.part && lies_beyond(entry.part->begin, entry.part->end))
    refuse(entry.list, "part", entry.part->begin, entry.part->end);
  for (std::size_t i = 0; i < entry.actions.size(); ++i) {
    const TimedAction& action = entry.actions[i];
    if (lies_beyond(action.start, action.end))
      refuse(entry.action_places[i], "action", action.start, action.end);
  }
}

}  // namespace

std::vector<ScanResult::Video> scan_each(const std::vector<VideoEntry>& entries, int threads) {
  const auto files = by_file(entries);
  std::vector<ScannedFile> scanned(files.size());
  Progress progress("scan", static_cast<std::int64_t>(entries.size()));
  run_in_parallel(files.size(), threads, nullptr, [&](std::size_t i) {
    scanned[i] = scan(*files[i].front());
    progress.advance(static_cast<std::int64_t>(files[i].size()));
  });

  std::unordered_map<std::string, const ScannedFile*> found;
  for (std::size_t i = 0; i < files.size(); ++i) found[files[i].front()->path.string()] = &scanned[i];
  std::vector<ScanResult::Video> videos;
  videos.reserve(entries.size());
  for (const VideoEntry& entry : entries) {
    const ScannedFile& file = *found[entry.path.string()];
    videos.push_back({entry.title(), file.why, file.seconds, file.frames});
    if (entry.part && file.why.empty())
      videos.back().seconds = std::min(entry.part->end, file.seconds) - entry.part->begin;
  }
  return videos;
}

ScanResult scan_videos(const std::vector<VideoEntry>& entries, double least_seconds, int threads) {
  ScanResult result;
  result.videos = static_cast<std::int64_t>(entries.size());
  for (ScanResult::Video& video : scan_each(entries, threads)) {
    if (!video.why.empty()) {
      result.unreadable.push_back(std::move(video));
      continue;
    }
    result.seconds += video.seconds;
    if (video.seconds + kSlackSeconds < least_seconds) result.short_ones.push_back(std::move(video));
  }
  return result;
}

void check_parts(const std::vector<VideoEntry>& entries, int threads) {
  std::vector<VideoEntry> parts;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(parts),
               [](const VideoEntry& entry) { return entry.part || !entry.actions.empty(); });
  const auto files = by_file(parts);
  std::vector<std::optional<double>> seconds(files.size());
  run_in_parallel(files.size(), threads, nullptr,
                  [&](std::size_t i) { seconds[i] = stated_seconds(*files[i].front()); });
  ListErrors errors;
  for (std::size_t i = 0; i < files.size(); ++i) {
    for (const VideoEntry* entry : files[i]) {
      if (seconds[i]) check_part(*entry, *seconds[i], errors);
    }
  }
  errors.throw_if_any();
}

}  // namespace actionflow
