#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "base/progress.h"
#include "datasets/lists/dataset.h"
#include "datasets/recordings/video_index.h"

namespace actionflow {

namespace {

// A clip as long as the video is not short for want of a microsecond.
constexpr double kSlackSeconds = 1e-3;

ScanResult::Video scan(const VideoEntry& entry) {
  ScanResult::Video video{entry.name, {}, 0, 0};
  try {
    const VideoIndex index = index_video(entry.source());
    video.seconds = index.duration;
    video.frames = index.packets;
  } catch (const std::exception& error) {
    video.why = error.what();
  }
  return video;
}

}  // namespace

ScanResult scan_videos(const std::vector<VideoEntry>& entries, double least_seconds, int threads) {
  std::vector<ScanResult::Video> videos(entries.size());
  Progress progress("scan", static_cast<std::int64_t>(entries.size()));
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < entries.size(); i = next++) {
      videos[i] = scan(entries[i]);
      progress.advance();
    }
  };
  std::vector<std::jthread> workers;
  const int most = static_cast<int>(std::min<std::size_t>(entries.size(), 256));
  for (int worker = 1; worker < std::clamp(threads, 1, std::max(1, most)); ++worker)
    workers.emplace_back(work);
  work();
  workers.clear();

  ScanResult result;
  result.videos = static_cast<std::int64_t>(entries.size());
  for (ScanResult::Video& video : videos) {
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
