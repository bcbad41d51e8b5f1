#include "datasets/lists/dataset_scan.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/log/progress.h"
#include "base/machine/in_parallel.h"
#include "base/remote/server_patience.h"
#include "datasets/lists/entries_by_file.h"
#include "datasets/recordings/part_frames.h"
#include "datasets/recordings/video_index.h"

namespace actionflow {

namespace {

// A clip as long as the video is not short for want of a microsecond.
constexpr double kSlackSeconds = 1e-3;

struct ScannedFile {
  std::string why;  // it cannot be read, or empty
  double seconds = 0;
  std::int64_t frames = 0;
};

ScannedFile scan(const VideoEntry& entry) {
  try {
    const VideoIndex index = index_video(entry.source());
    return {{}, index.duration, index.packets};
  } catch (const ServerLost&) {
    throw;
  } catch (const std::exception& error) {
    return {error.what(), 0, 0};
  }
}

// What is to be known of the entry in that file.
ScanResult::Video scanned(const VideoEntry& entry, const ScannedFile& file) {
  ScanResult::Video video{entry.title(), file.why, file.seconds, file.frames};
  if (!entry.part || !file.why.empty()) return video;
  if (lies_beyond(*entry.part, file.seconds))
    video.why =
        entry.wrong(entry.path.string() + ": " + beyond_text("part", *entry.part, "the video", file.seconds));
  video.seconds = std::min(entry.part->end, file.seconds) - entry.part->begin;
  return video;
}

}  // namespace

std::vector<ScanResult::Video> scan_each(const std::vector<VideoEntry>& entries, int threads) {
  const EntriesByFile files(entries);
  std::vector<ScannedFile> found(files.count());
  Progress progress("scan", static_cast<std::int64_t>(entries.size()));
  run_in_parallel(files.count(), threads, nullptr, [&](std::size_t i) {
    found[i] = scan(entries[files.entries(i).front()]);
    progress.advance(static_cast<std::int64_t>(files.entries(i).size()));
  });
  std::vector<ScanResult::Video> videos(entries.size());
  for (std::size_t i = 0; i < files.count(); ++i)
    for (const std::size_t entry : files.entries(i)) videos[entry] = scanned(entries[entry], found[i]);
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

}  // namespace actionflow
