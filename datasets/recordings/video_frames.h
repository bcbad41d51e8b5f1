// A video's frames at training size, with their time stamps: what clips are cut from.
//
// Immutable, shared, safe to read from many threads. Frames are height×width×channels bytes (RGB, BGR or
// gray as the form says, without a motion channel), in memory or mapped from a cache file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/tensor/input_spec.h"
#include "datasets/recordings/time_span.h"
#include "datasets/video/source_options.h"

namespace actionflow {

// How frames are kept: a network's input form without motion and normalising, at a size of its own.
struct FrameForm {
  int height = 0, width = 0;
  ColorOrder color = ColorOrder::rgb;
  Resize resize = {};

  int channels() const { return color == ColorOrder::gray ? 1 : 3; }
  bool operator==(const FrameForm&) const = default;

  // The form of `spec` with height and width times `margin` (1: the very pixels that classify prepares).
  static FrameForm of(const InputSpec& spec, double margin = 1);
  // What a Preparer of these frames is made from.
  InputSpec input() const;
};

class VideoFrames {
 public:
  virtual ~VideoFrames() = default;
  virtual const FrameForm& form() const = 0;
  virtual std::int64_t count() const = 0;
  virtual const std::uint8_t* pixels(std::int64_t frame) const = 0;
  // Microseconds since the video's first frame, rising. Jitter and repeated stamps are already left out as
  // TimeGrid does.
  virtual std::span<const std::int64_t> times_us() const = 0;
  // Of the whole video, from the first frame's time to the last one's end (last + mean interval).
  virtual double duration() const = 0;
  // Time of the last frame, in seconds.
  double last_frame() const { return times_us().empty() ? 0 : static_cast<double>(times_us().back()) / 1e6; }
  // Pictures that a decoder has given for it so far; 0 where they come from the cache.
  virtual std::int64_t decoded() const { return 0; }

  // The last frame whose time is not after `seconds` (rounded to the microsecond); the first one before it.
  std::int64_t frame_at(double seconds) const;
};

// Decodes a video (or folder of frames) into memory, through datasets/pictures/prepare.h. With `span`, only
// what is seen in it, from the last frame not after its begin: seeks to the keyframe before and decodes no
// further than needed; the frames outside are then absent and times_us() holds those that are there. Throws
// SourceError. What the decoder cannot give is passed over.
std::shared_ptr<const VideoFrames> read_video_frames(const SourceOptions& source, const FrameForm& form,
                                                     const std::optional<TimeSpan>& span = {});

struct VideoIndex;  // datasets/recordings/video_index.h

// The whole video, its frames decoded when pixels() asks for them: as few as the clip needs. Where `index` is
// not exact, all are decoded at once.
std::shared_ptr<const VideoFrames> open_video_frames(const SourceOptions& source, const FrameForm& form,
                                                     std::shared_ptr<const VideoIndex> index);

}  // namespace actionflow
