// What a recorded video's packets say of its frames, without decoding them: when each is shown, and which can
// be decoded by themselves.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/video/source_options.h"

namespace actionflow {

struct VideoIndex {
  // False where packets have no time stamps of their own, or stamps that jump: then only decoding tells, and
  // the lists below are empty.
  bool exact = false;
  std::vector<std::int64_t> pts_us;    // of the frames, rising, as the container has them
  std::vector<std::int64_t> times_us;  // the same since the first frame
  std::vector<std::int64_t> keys_us;   // of the keyframes among them
  std::int64_t packets = 0;            // that hold a picture
  double duration = 0;                 // seconds; near it where the index is not exact
  std::int64_t decoded = 0;            // pictures that the decoder gave until the first was there

  std::size_t bytes() const { return (pts_us.size() + times_us.size() + keys_us.size()) * sizeof(pts_us[0]); }
};

// Reads every packet and decodes up to the first frame. Throws SourceError, also for a video that gives none.
VideoIndex index_video(const SourceOptions& source);

}  // namespace actionflow
