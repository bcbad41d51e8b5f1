#include "datasets/streams/stream_painter.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "datasets/clips/augment.h"
#include "datasets/clips/picture_samples.h"

namespace actionflow {

namespace {

struct Picture {
  std::size_t take = 0;
  std::int64_t frame = 0;
  bool operator==(const Picture&) const = default;
};

// A picture, or its place in a cross-fade.
struct Shown {
  Picture picture;
  std::optional<Picture> before;
  double share = 1;  // of `picture`, the rest being `before`'s
  bool operator==(const Shown&) const = default;
};

class StreamPainter {
 public:
  StreamPainter(StreamPlan plan, const EntryVideo& video, const InputSpec& input)
      : plan_(std::move(plan)), video_(video), input_(input), videos_(plan_.takes.size()), pictures_(input) {}

  void show(double time) {
    const Shown now = at(time);
    if (!shown_ || *shown_ != now) paint(now);
    shown_ = now;
    pictures_.show();
  }

  std::shared_ptr<PreparedFrame> sample() {
    std::shared_ptr<PreparedFrame> sample = pictures_.sample();
    plan_.takes[shown_->picture.take].change.erase(input_, *sample);
    return sample;
  }

 private:
  // Calls work(video), and names the entry of what cannot be read.
  template <class Work>
  auto with_video(std::size_t take, const Work& work) {
    const int entry = plan_.takes[take].entry;
    try {
      if (!videos_[take]) open(take);
      return work(*videos_[take]);
    } catch (const SourceError& error) {
      throw UnreadableTake(entry, error.what());
    }
  }

  void open(std::size_t take) {
    videos_[take] = video_(plan_.takes[take].entry);
    const VideoFrames& video = *videos_[take];
    ColorChange& colors = plan_.takes[take].change.colors;
    if (colors.contrast != 1) colors.pivot = contrast_pivot(video, video.count() / 2);
  }

  Picture picture(const StreamPiece& piece, double time) {
    const double moment = piece.moment(time);
    return {piece.take,
            with_video(piece.take, [&](const VideoFrames& video) { return video.frame_at(moment); })};
  }

  Shown at(double time) {
    const auto after = std::upper_bound(plan_.pieces.begin(), plan_.pieces.end(), time,
                                        [](double t, const StreamPiece& piece) { return t < piece.start; });
    const auto at = after == plan_.pieces.begin() ? after : std::prev(after);
    Shown shown{picture(*at, time), std::nullopt, 1};
    if (at == plan_.pieces.begin() || time >= at->start + at->fade) return shown;
    shown.before = picture(*std::prev(at), at->start);
    shown.share = (time - at->start) / at->fade;
    return shown;
  }

  void paint(const Picture& picture, std::uint8_t* out) {
    with_video(picture.take, [&](const VideoFrames& video) {
      plan_.takes[picture.take].change.paint(video, picture.frame, input_, out);
    });
  }

  void paint(const Shown& shown) {
    std::uint8_t* out = pictures_.picture();
    paint(shown.picture, out);
    if (!shown.before) return;
    before_.resize(pictures_.picture_bytes());
    paint(*shown.before, before_.data());
    for (std::size_t i = 0; i < before_.size(); ++i)
      out[i] = static_cast<std::uint8_t>(std::lround(shown.share * out[i] + (1 - shown.share) * before_[i]));
  }

  StreamPlan plan_;
  const EntryVideo& video_;
  const InputSpec& input_;
  std::vector<std::shared_ptr<const VideoFrames>> videos_;  // by take
  PictureSamples pictures_;
  std::vector<std::uint8_t> before_;
  std::optional<Shown> shown_;
};

}  // namespace

std::vector<PreparedFramePtr> painted_stream(StreamPlan plan, const EntryVideo& video, const InputSpec& input,
                                             const ClipTimes& times) {
  StreamPainter painter(std::move(plan), video, input);
  if (!std::isnan(times.before) && input.motion != Motion::none) painter.show(times.before);
  std::vector<PreparedFramePtr> samples;
  samples.reserve(times.times.size());
  for (const double time : times.times) {
    painter.show(time);
    samples.push_back(painter.sample());
  }
  return samples;
}

}  // namespace actionflow
