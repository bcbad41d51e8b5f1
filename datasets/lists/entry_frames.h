// The kept frames of a list's videos. One that cannot be read is remembered and not opened again.
//
// Used from many threads at once.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "datasets/lists/dataset.h"
#include "datasets/recordings/frame_cache.h"

namespace actionflow {

// A video that could not be read.
struct UnreadableVideo {
  int entry = 0;  // in its list
  std::string why;
};

class EntryFrames {
 public:
  // Both must outlive it.
  EntryFrames(const std::vector<VideoEntry>& entries, FrameCache& cache, const FrameForm& form);

  const std::vector<VideoEntry>& entries() const { return entries_; }
  // Throws SourceError for one that cannot be read. What it gives may decode as it is looked at, and so fail
  // later: whoever meets that notes it.
  std::shared_ptr<const VideoFrames> get(int entry);
  void note_unreadable(int entry, const std::string& why);
  // Why the entry cannot be read; nothing where that is not known of it.
  std::optional<std::string> unreadable(int entry) const;

 private:
  const std::vector<VideoEntry>& entries_;
  FrameCache& cache_;
  const FrameForm form_;
  mutable std::mutex mutex_;
  std::map<int, std::string> unreadable_;
};

}  // namespace actionflow
