#include "datasets/recordings/part_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace actionflow {

namespace {

constexpr double kRoundedSeconds = 0.5;

}  // namespace

bool lies_beyond(const TimeSpan& part, double seconds) {
  return part.begin >= seconds || part.end > seconds + kRoundedSeconds;
}

std::string beyond_text(const char* what, const TimeSpan& part, const std::string& video, double seconds) {
  return fmt::format("the {} from {:g} to {:g} s lies beyond {}, which has {:g} s", what, part.begin,
                     part.end, video, seconds);
}

PartFrames::PartFrames(std::shared_ptr<const VideoFrames> video, const TimeSpan& part,
                       const std::string& source)
    : video_(std::move(video)),
      first_(video_->frame_at(part.begin)),
      duration_(std::min(part.end, video_->duration()) - part.begin) {
  if (lies_beyond(part, video_->duration()))
    throw SourceError(source + ": " + beyond_text("part", part, "the video", video_->duration()));
  const auto begin_us = std::llround(part.begin * 1e6);
  const auto end_us = begin_us + std::llround(duration_ * 1e6);
  for (const std::int64_t time_us : video_->times_us().subspan(static_cast<std::size_t>(first_))) {
    if (!times_us_.empty() && time_us >= end_us) break;
    times_us_.push_back(std::max<std::int64_t>(0, time_us - begin_us));
  }
}

}  // namespace actionflow
