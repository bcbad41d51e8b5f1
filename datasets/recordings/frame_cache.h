// Videos' frames kept on disk at training size.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/config/optional_path.h"
#include "base/files/atomic_file.h"
#include "datasets/recordings/video_frames.h"

namespace actionflow {

struct CacheOptions {
  OptionalPath folder;    // who makes the cache fills in "beside the output"; empty: none on disk
  double gigabytes = 10;  // least recently used files go when it is full; 0: no cache on disk
  bool copies = false;    // of servers' videos, from which frames are decoded (base/remote/local_copy.h)
  static void describe(config::Fields<CacheOptions>& fields);
};

// The cache on disk: a file for each video (or part of one) and form, made when first asked for, mapped
// afterwards. An entry is good only for the source's size and modification time; a damaged or older one is
// made anew. May be used from many threads and by several programs at once.
class FrameCache {
 public:
  // `files` lets tests fail its writing. A folder that cannot be made or written is a warning, once: frames
  // are then decoded each time.
  explicit FrameCache(CacheOptions options, FileSystem& files = FileSystem::system());
  ~FrameCache();

  // The frames of the video, or of this part of it alone, as a video of its own (part_frames.h). Throws
  // SourceError for a video that cannot be read and for a part that begins after its end. Without a disk to
  // keep them on, frames are decoded when pixels() asks for them (open_video_frames). A thread that asks for
  // what another one is making waits for it.
  std::shared_ptr<const VideoFrames> get(const SourceOptions& source, const FrameForm& form,
                                         const std::optional<TimeSpan>& part = {});

  struct Counts {
    std::int64_t hits = 0;     // taken from the disk
    std::int64_t decoded = 0;  // videos decoded
    std::int64_t evicted = 0;  // entries that made room
    std::int64_t bytes = 0;    // on the disk
  };
  Counts counts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
