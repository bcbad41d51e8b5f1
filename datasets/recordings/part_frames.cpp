#include "datasets/recordings/part_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace actionflow {

PartFrames::PartFrames(std::shared_ptr<const VideoFrames> video, const TimeSpan& part,
                       const std::string& source)
    : video_(std::move(video)),
      first_(video_->frame_at(part.begin)),
      duration_(std::min(part.end, video_->duration()) - part.begin) {
  if (!(duration_ > 0))
    throw SourceError(fmt::format("{}: the part from {:g} to {:g} s begins after the video's end ({:g} s)",
                                  source, part.begin, part.end, video_->duration()));
  const auto begin_us = std::llround(part.begin * 1e6);
  const auto end_us = begin_us + std::llround(duration_ * 1e6);
  for (const std::int64_t time_us : video_->times_us().subspan(static_cast<std::size_t>(first_))) {
    if (!times_us_.empty() && time_us >= end_us) break;
    times_us_.push_back(std::max<std::int64_t>(0, time_us - begin_us));
  }
}

}  // namespace actionflow
