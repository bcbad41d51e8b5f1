#include "datasets/video_frames.h"

#include <algorithm>
#include <cmath>

#include "datasets/memory_frames.h"
#include "datasets/video_decode.h"

namespace actionflow {

FrameForm FrameForm::of(const InputSpec& spec, double margin) {
  const auto larger = [margin](int pixels) {
    return std::max(pixels > 0 ? 1 : 0, static_cast<int>(std::lround(pixels * margin)));
  };
  FrameForm form{larger(spec.height), larger(spec.width), spec.color, spec.resize};
  form.resize.size = larger(spec.resize.size);
  return form;
}

InputSpec FrameForm::input() const {
  InputSpec spec;
  spec.channels = channels();
  spec.height = height;
  spec.width = width;
  spec.color = color;
  spec.resize = resize;
  return spec;
}

std::int64_t VideoFrames::frame_at(double seconds) const {
  const std::span<const std::int64_t> times = times_us();
  const std::int64_t wanted = std::llround(seconds * 1e6);
  const auto after = std::upper_bound(times.begin(), times.end(), wanted);
  return std::max<std::int64_t>(0, after - times.begin() - 1);
}

std::shared_ptr<const VideoFrames> read_video_frames(const SourceOptions& source, const FrameForm& form,
                                                     const std::optional<TimeSpan>&) {
  auto video = std::make_shared<MemoryFrames>(form);
  const DecodedVideo decoded =
      decode_video(source, form, [&](std::int64_t time_us, const PreparedFramePtr& frame) {
        video->add(time_us, frame);
        return true;
      });
  video->set_duration(decoded.duration);
  video->set_decoded(decoded.decoded);
  return video;
}

}  // namespace actionflow
