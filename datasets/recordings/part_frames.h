// A part of a video as a video of its own: what a file would hold that was cut there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datasets/recordings/time_span.h"
#include "datasets/recordings/video_frames.h"

namespace actionflow {

// Whether the part is none of a video of so many seconds: it begins at its end or later, or ends more than
// half a second after it, as times that are rounded to whole seconds do.
bool lies_beyond(const TimeSpan& part, double seconds);
// "the part from 2 to 9 s lies beyond 'a.mp4', which has 5 s"; `what`: "part", "action".
std::string beyond_text(const char* what, const TimeSpan& part, const std::string& video, double seconds);

// Times and duration count from the part's begin. Its first frame is the one shown then, its last one the
// last before the end; a part that reaches a little beyond the video ends with it. Shares the video's frames.
class PartFrames final : public VideoFrames {
 public:
  // `video` holds at least the part's frames, with their times in the whole video. Throws SourceError that
  // names `source` where the part lies beyond the video.
  PartFrames(std::shared_ptr<const VideoFrames> video, const TimeSpan& part, const std::string& source);

  const FrameForm& form() const override { return video_->form(); }
  std::int64_t count() const override { return static_cast<std::int64_t>(times_us_.size()); }
  const std::uint8_t* pixels(std::int64_t frame) const override { return video_->pixels(first_ + frame); }
  std::span<const std::int64_t> times_us() const override { return times_us_; }
  double duration() const override { return duration_; }
  std::int64_t decoded() const override { return video_->decoded(); }

 private:
  std::shared_ptr<const VideoFrames> video_;
  std::int64_t first_;
  std::vector<std::int64_t> times_us_;
  double duration_;
};

}  // namespace actionflow
