#include "datasets/clips/clip_frames.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "datasets/pictures/motion.h"

namespace actionflow {

namespace {

class ClipPainter {
 public:
  ClipPainter(const InputSpec& input, const FramePainter& paint)
      : input_(input),
        paint_(paint),
        motion_(input.motion),
        pixels_(static_cast<std::size_t>(input.height) * static_cast<std::size_t>(input.width)),
        picture_(pixels_ * static_cast<std::size_t>(input.color_channels())),
        luma_(input.motion == Motion::none ? 0 : pixels_),
        change_(luma_.size()) {}

  void show(std::int64_t frame) {
    if (shown_ != frame) {
      paint_(frame, picture_.data());
      if (input_.motion != Motion::none)
        write_luma(input_.color, picture_.data(), input_.color_channels(), pixels_, luma_.data());
    }
    shown_ = frame;
    if (input_.motion != Motion::none) motion_.write(luma_, input_.height, input_.width, change_.data(), 1);
  }

  std::shared_ptr<PreparedFrame> sample() const {
    const int colors = input_.color_channels();
    auto out =
        std::make_shared<PreparedFrame>(input_.height, input_.width, colors + input_.motion_channels());
    if (input_.motion == Motion::none) {
      std::copy(picture_.begin(), picture_.end(), out->data());
      return out;
    }
    const std::uint8_t* from = picture_.data();
    std::uint8_t* to = out->data();
    for (const std::uint8_t moved : change_) {
      for (int c = 0; c < colors; ++c) *to++ = *from++;
      *to++ = moved;
    }
    return out;
  }

 private:
  const InputSpec& input_;
  const FramePainter& paint_;
  MotionChannel motion_;
  std::size_t pixels_;
  std::vector<std::uint8_t> picture_, luma_, change_;
  std::optional<std::int64_t> shown_;
};

}  // namespace

ClipFrames ClipFrames::of(const VideoFrames& video, const ClipTimes& times) {
  ClipFrames clip;
  for (const double time : times.times) clip.frames.push_back(video.frame_at(time));
  if (!std::isnan(times.before)) clip.before = video.frame_at(times.before);
  return clip;
}

std::vector<PreparedFramePtr> painted_clip(const ClipFrames& clip, const InputSpec& input,
                                           const FramePainter& paint,
                                           const std::function<void(PreparedFrame&)>& finish) {
  ClipPainter painter(input, paint);
  if (clip.before && input.motion != Motion::none) painter.show(*clip.before);
  std::vector<PreparedFramePtr> samples;
  for (const std::int64_t frame : clip.frames) {
    painter.show(frame);
    std::shared_ptr<PreparedFrame> sample = painter.sample();
    if (finish) finish(*sample);
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace actionflow
