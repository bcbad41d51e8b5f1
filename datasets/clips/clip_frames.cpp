#include "datasets/clips/clip_frames.h"

#include <cmath>
#include <memory>

#include "datasets/clips/picture_samples.h"

namespace actionflow {

ClipFrames ClipFrames::of(const VideoFrames& video, const ClipTimes& times) {
  ClipFrames clip;
  for (const double time : times.times) clip.frames.push_back(video.frame_at(time));
  if (!std::isnan(times.before)) clip.before = video.frame_at(times.before);
  return clip;
}

std::vector<PreparedFramePtr> painted_clip(const ClipFrames& clip, const InputSpec& input,
                                           const FramePainter& paint,
                                           const std::function<void(PreparedFrame&)>& finish) {
  PictureSamples pictures(input);
  std::optional<std::int64_t> shown;
  const auto show = [&](std::int64_t frame) {
    if (shown != frame) paint(frame, pictures.picture());
    shown = frame;
    pictures.show();
  };
  if (clip.before && input.motion != Motion::none) show(*clip.before);
  std::vector<PreparedFramePtr> samples;
  for (const std::int64_t frame : clip.frames) {
    show(frame);
    std::shared_ptr<PreparedFrame> sample = pictures.sample();
    if (finish) finish(*sample);
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace actionflow
