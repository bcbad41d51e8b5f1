#include "datasets/lists/entry_frames.h"
#include "datasets/recordings/frame_cache.h"

namespace actionflow {

EntryFrames::EntryFrames(const std::vector<VideoEntry>& entries, FrameCache& cache, const FrameForm& form)
    : entries_(entries), cache_(cache), form_(form) {}

std::shared_ptr<const VideoFrames> EntryFrames::get(int entry) {
  if (const std::optional<std::string> why = unreadable(entry)) throw SourceError(*why);
  const VideoEntry& video = entries_[static_cast<std::size_t>(entry)];
  try {
    return cache_.get(video.source(), form_, video.part);
  } catch (const SourceError& error) {
    note_unreadable(entry, video.wrong(error.what()));
    throw;
  }
}

void EntryFrames::note_unreadable(int entry, const std::string& why) {
  const std::lock_guard lock(mutex_);
  unreadable_.emplace(entry, why);
}

std::optional<std::string> EntryFrames::unreadable(int entry) const {
  const std::lock_guard lock(mutex_);
  const auto known = unreadable_.find(entry);
  return known == unreadable_.end() ? std::nullopt : std::optional(known->second);
}

}  // namespace actionflow
