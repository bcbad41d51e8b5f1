// Whether the videos of a dataset can be read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/lists/dataset.h"

namespace actionflow {

struct ScanResult {
  struct Video {
    std::string name;
    std::string why;  // empty where it is fine
    double seconds = 0;
    std::int64_t frames = 0;  // counted packets
  };
  std::vector<Video> unreadable;
  std::vector<Video> short_ones;  // shorter than a clip
  std::int64_t videos = 0;
  double seconds = 0;  // of all that could be read
};

// Of each entry in turn, as scan_videos reads it.
std::vector<ScanResult::Video> scan_each(const std::vector<VideoEntry>& entries, int threads);

// Opens every entry, counts its packets and decodes its first frame; in parallel, with progress. The result's
// order is the entries'. A missing video is an unreadable one.
ScanResult scan_videos(const std::vector<VideoEntry>& entries, double least_seconds, int threads);

}  // namespace actionflow
