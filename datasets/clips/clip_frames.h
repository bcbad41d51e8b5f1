// A clip's samples in a network's input form, from pictures of the input's size: motion taken against the
// sample before, channels joined as prepare.h lays them out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/tensor/input_spec.h"
#include "datasets/clips/clip_sampler.h"
#include "datasets/pictures/prepare.h"
#include "datasets/recordings/video_frames.h"

namespace actionflow {

// The kept frames that a clip's samples are.
struct ClipFrames {
  std::vector<std::int64_t> frames;
  std::optional<std::int64_t> before;  // none: the first sample's motion is zero

  static ClipFrames of(const VideoFrames& video, const ClipTimes& times);
};

// Writes a kept frame as it is to be shown: input.height × input.width × colour channels. Asked once for
// samples in a row that are the same frame.
using FramePainter = std::function<void(std::int64_t frame, std::uint8_t* out)>;

// `finish`, where given, is called with each sample after its motion was taken.
std::vector<PreparedFramePtr> painted_clip(const ClipFrames& clip, const InputSpec& input,
                                           const FramePainter& paint,
                                           const std::function<void(PreparedFrame&)>& finish = {});

}  // namespace actionflow
