#include "datasets/recordings/video_frames.h"

#include <algorithm>
#include <cmath>

#include "datasets/recordings/lazy_frames.h"
#include "datasets/recordings/memory_frames.h"
#include "datasets/recordings/video_decode.h"

namespace actionflow {

namespace {

// Before and after all time stamps for what lies beyond them, and for what is no number.
std::int64_t micro(double seconds) {
  constexpr double kFarthest = 1e12;
  return seconds > 0 ? std::llround(std::min(seconds, kFarthest) * 1e6) : seconds < 0 ? -1 : 0;
}

}  // namespace

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
  const auto after = std::upper_bound(times.begin(), times.end(), micro(seconds));
  return std::max<std::int64_t>(0, after - times.begin() - 1);
}

namespace {

std::shared_ptr<const VideoFrames> read_whole(const SourceOptions& source, const FrameForm& form) {
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

// Where the packets do not say where to seek to.
std::shared_ptr<const VideoFrames> read_up_to(const SourceOptions& source, const FrameForm& form,
                                              const TimeSpan& span, double duration) {
  auto video = std::make_shared<MemoryFrames>(form);
  PreparedFramePtr last;
  std::int64_t last_us = 0;
  const DecodedVideo decoded =
      decode_video(source, form, [&](std::int64_t time_us, const PreparedFramePtr& frame) {
        if (last && time_us > micro(span.begin)) video->add(last_us, last);
        last = time_us > micro(span.end) ? nullptr : frame;
        last_us = time_us;
        return last != nullptr;
      });
  if (last) video->add(last_us, last);
  video->set_duration(last ? decoded.duration : std::max(duration, static_cast<double>(last_us) / 1e6));
  video->set_decoded(decoded.decoded);
  return video;
}

std::shared_ptr<const VideoFrames> read_span(const SourceOptions& source, const FrameForm& form,
                                             const TimeSpan& span) {
  const auto index = std::make_shared<const VideoIndex>(index_video(source));
  if (!index->exact) return read_up_to(source, form, span, index->duration);
  const LazyFrames all(source, form, index);
  auto video = std::make_shared<MemoryFrames>(form);
  const std::int64_t last = all.frame_at(span.end);
  for (std::int64_t frame = all.frame_at(span.begin); frame <= last; ++frame)
    video->add(all.times_us()[static_cast<std::size_t>(frame)], all.frame_pixels(frame));
  video->set_duration(all.duration());
  video->set_decoded(index->decoded + all.decoded());
  return video;
}

}  // namespace

std::shared_ptr<const VideoFrames> read_video_frames(const SourceOptions& source, const FrameForm& form,
                                                     const std::optional<TimeSpan>& span) {
  return span ? read_span(source, form, *span) : read_whole(source, form);
}

std::shared_ptr<const VideoFrames> open_video_frames(const SourceOptions& source, const FrameForm& form,
                                                     std::shared_ptr<const VideoIndex> index) {
  if (!index->exact) return read_whole(source, form);
  return std::make_shared<LazyFrames>(source, form, std::move(index));
}

}  // namespace actionflow
