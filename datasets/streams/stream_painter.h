// A planned stream's pictures.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "datasets/recordings/video_frames.h"
#include "datasets/streams/stream_plan.h"

namespace actionflow {

// A video that could not be read while it was painted.
struct UnreadableTake : SourceError {
  UnreadableTake(int unreadable, const std::string& why) : SourceError(why), entry(unreadable) {}
  int entry;
};

using EntryVideo = std::function<std::shared_ptr<const VideoFrames>(int entry)>;

// A sample for each of `times`, motion taken against the one before across cuts, as a live stream's. Throws
// UnreadableTake for what `video` throws as a SourceError. A function of its arguments.
std::vector<PreparedFramePtr> painted_stream(StreamPlan plan, const EntryVideo& video, const InputSpec& input,
                                             const ClipTimes& times);

}  // namespace actionflow
