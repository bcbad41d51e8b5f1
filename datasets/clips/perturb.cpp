#include "datasets/clips/perturb.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <mutex>
#include <vector>

#include "base/config/config.h"
#include "base/error.h"
#include "base/random.h"
#include "datasets/clips/color_change.h"
#include "datasets/pictures/shake.h"
#include "datasets/pictures/warp.h"

namespace actionflow {

namespace {

using VideoPtr = std::shared_ptr<const VideoFrames>;

constexpr double kIdleShare = 1.0 / 3;
constexpr int kFewFrames = 8;
constexpr double kDarkness = 0.35;
constexpr double kNoise = 20;
constexpr double kMicrosecondsASecond = 1e6;

struct Arguments {
  VideoPtr video;
  std::uint64_t seed;
  std::uint64_t video_index;
  double clip_seconds;  // > 0

  Random random(const char* purpose, std::uint32_t epoch = 0) const {
    return Random(seed, purpose, epoch, video_index);
  }
};

// Another order or other moments of the same pictures.
class RetimedFrames final : public VideoFrames {
 public:
  RetimedFrames(VideoPtr video, std::vector<std::int64_t> shown, std::vector<std::int64_t> times_us,
                double duration)
      : video_(std::move(video)),
        shown_(std::move(shown)),
        times_us_(std::move(times_us)),
        duration_(duration) {}

  const FrameForm& form() const override { return video_->form(); }
  std::int64_t count() const override { return static_cast<std::int64_t>(shown_.size()); }
  const std::uint8_t* pixels(std::int64_t frame) const override {
    return video_->pixels(shown_[static_cast<std::size_t>(frame)]);
  }
  std::span<const std::int64_t> times_us() const override { return times_us_; }
  double duration() const override { return duration_; }

 private:
  VideoPtr video_;
  std::vector<std::int64_t> shown_;
  std::vector<std::int64_t> times_us_;
  double duration_;
};

// Changed pictures at the same moments.
class RepaintedFrames final : public VideoFrames {
 public:
  using Painter = std::function<void(const VideoFrames& video, std::int64_t frame, std::uint8_t* out)>;

  RepaintedFrames(VideoPtr video, Painter painter)
      : video_(std::move(video)),
        painter_(std::move(painter)),
        painted_(static_cast<std::size_t>(video_->count())) {}

  const FrameForm& form() const override { return video_->form(); }
  std::int64_t count() const override { return video_->count(); }
  std::span<const std::int64_t> times_us() const override { return video_->times_us(); }
  double duration() const override { return video_->duration(); }
  const std::uint8_t* pixels(std::int64_t frame) const override {
    const std::scoped_lock lock(mutex_);
    std::vector<std::uint8_t>& painted = painted_[static_cast<std::size_t>(frame)];
    if (painted.empty()) {
      const FrameForm& form = video_->form();
      painted.resize(static_cast<std::size_t>(form.height) * static_cast<std::size_t>(form.width) *
                     static_cast<std::size_t>(form.channels()));
      painter_(*video_, frame, painted.data());
    }
    return painted.data();
  }

 private:
  VideoPtr video_;
  Painter painter_;
  mutable std::mutex mutex_;
  mutable std::vector<std::vector<std::uint8_t>> painted_;
};

std::size_t byte_count(const VideoFrames& video) {
  const FrameForm& form = video.form();
  return static_cast<std::size_t>(form.height) * static_cast<std::size_t>(form.width) *
         static_cast<std::size_t>(form.channels());
}

std::vector<std::int64_t> times_of(const VideoFrames& video) {
  return {video.times_us().begin(), video.times_us().end()};
}

std::vector<std::int64_t> each_frame(const VideoFrames& video) {
  std::vector<std::int64_t> frames(static_cast<std::size_t>(video.count()));
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = static_cast<std::int64_t>(i);
  return frames;
}

template <int percent>
VideoPtr shake(const Arguments& in) {
  Random random = in.random("perturb shake");
  const ShakePath path(random, percent / 100.0, in.video->duration());
  return std::make_shared<RepaintedFrames>(
      in.video, [path](const VideoFrames& video, std::int64_t frame, std::uint8_t* out) {
        const FrameForm& form = video.form();
        const double seconds =
            static_cast<double>(video.times_us()[static_cast<std::size_t>(frame)]) / kMicrosecondsASecond;
        const ShakePath::Offset offset = path.at(seconds);
        const Affine moved{1, 0, offset.x * form.width, 0, 1, offset.y * form.width};
        warp({video.pixels(frame), form.height, form.width, form.channels()}, moved, form.height, form.width,
             out);
      });
}

VideoPtr idle_head(const Arguments& in) {
  const double idle = kIdleShare * in.clip_seconds;
  std::vector<std::int64_t> times = times_of(*in.video);
  const auto moved = static_cast<std::int64_t>(std::llround(idle * kMicrosecondsASecond));
  for (std::size_t i = 1; i < times.size(); ++i) times[i] += moved;
  return std::make_shared<RetimedFrames>(in.video, each_frame(*in.video), std::move(times),
                                         in.video->duration() + idle);
}

VideoPtr idle_tail(const Arguments& in) {
  const double idle = kIdleShare * in.clip_seconds;
  std::vector<std::int64_t> shown = each_frame(*in.video);
  std::vector<std::int64_t> times = times_of(*in.video);
  // Shown once more at the end, since dense clips end with the last frame.
  shown.push_back(shown.back());
  times.push_back(times.back() + std::llround(idle * kMicrosecondsASecond));
  return std::make_shared<RetimedFrames>(in.video, std::move(shown), std::move(times),
                                         in.video->duration() + idle);
}

VideoPtr few_frames(const Arguments& in) {
  const double held = in.clip_seconds / kFewFrames;
  std::vector<std::int64_t> shown;
  for (const std::int64_t time_us : in.video->times_us()) {
    const double stretch = std::floor(static_cast<double>(time_us) / kMicrosecondsASecond / held);
    shown.push_back(in.video->frame_at((stretch + 0.5) * held));
  }
  return std::make_shared<RetimedFrames>(in.video, std::move(shown), times_of(*in.video),
                                         in.video->duration());
}

VideoPtr dark(const Arguments& in) {
  return std::make_shared<RepaintedFrames>(
      in.video, [](const VideoFrames& video, std::int64_t frame, std::uint8_t* out) {
        const std::uint8_t* from = video.pixels(frame);
        for (std::size_t i = 0; i < byte_count(video); ++i)
          out[i] = static_cast<std::uint8_t>(std::lround(from[i] * kDarkness));
      });
}

VideoPtr noise(const Arguments& in) {
  return std::make_shared<RepaintedFrames>(
      in.video, [in](const VideoFrames& video, std::int64_t frame, std::uint8_t* out) {
        Random random = in.random("perturb noise", static_cast<std::uint32_t>(frame));
        std::copy_n(video.pixels(frame), byte_count(video), out);
        add_noise(random, kNoise, out, byte_count(video));
      });
}

VideoPtr occluder(const Arguments& in) {
  Random random = in.random("perturb occluder");
  Patch patch{random.uniform(0, 0.5), random.uniform(0, 0.5), 0.5, 0.5, {}};
  for (std::uint8_t& value : patch.color) value = static_cast<std::uint8_t>(random.below(256));
  return std::make_shared<RepaintedFrames>(
      in.video, [patch](const VideoFrames& video, std::int64_t frame, std::uint8_t* out) {
        std::copy_n(video.pixels(frame), byte_count(video), out);
        patch.fill(out, video.form().height, video.form().width, video.form().channels());
      });
}

VideoPtr shuffled(const Arguments& in) {
  Random random = in.random("perturb shuffled");
  std::vector<std::int64_t> shown = each_frame(*in.video);
  const auto stretches = std::max<std::size_t>(
      1, static_cast<std::size_t>(std::llround(in.video->duration() / in.clip_seconds)));
  for (std::size_t i = 0; i < stretches; ++i) {
    const std::size_t first = i * shown.size() / stretches, last = (i + 1) * shown.size() / stretches;
    random.shuffle(std::span(shown).subspan(first, last - first));
  }
  return std::make_shared<RetimedFrames>(in.video, std::move(shown), times_of(*in.video),
                                         in.video->duration());
}

VideoPtr reversed(const Arguments& in) {
  std::vector<std::int64_t> shown = each_frame(*in.video);
  std::vector<std::int64_t> times = times_of(*in.video);
  std::reverse(shown.begin(), shown.end());
  std::reverse(times.begin(), times.end());
  const std::int64_t last = times.front();
  for (std::int64_t& time : times) time = last - time;
  return std::make_shared<RetimedFrames>(in.video, std::move(shown), std::move(times), in.video->duration());
}

VideoPtr frozen(const Arguments& in) {
  const std::int64_t middle = in.video->frame_at(in.video->duration() / 2);
  std::vector<std::int64_t> shown(static_cast<std::size_t>(in.video->count()), middle);
  return std::make_shared<RetimedFrames>(in.video, std::move(shown), times_of(*in.video),
                                         in.video->duration());
}

using Maker = VideoPtr (*)(const Arguments& in);

const std::array<Perturbation, 11> kPerturbations{{
    {"shake_5", "a hand-held camera: a smooth path that strays 5 % of the width along each axis", false},
    {"shake_12", "the same with 12 %", false},
    {"idle_head", "the first frame held for a third of a clip's length before the video", false},
    {"idle_tail", "the last frame held for a third of a clip's length after the video", false},
    {"few_frames", "only eight pictures in a clip's length, each held", false},
    {"dark", "brightness of 35 %", false},
    {"noise", "grain of each frame's own, deviation 20 of 255", false},
    {"occluder", "a plain rectangle that covers a quarter of the picture and stands still", false},
    {"shuffled", "the frames of each clip's length in random order", true},
    {"reversed", "played backwards", true},
    {"frozen", "the middle frame throughout", true},
}};

constexpr std::array<Maker, 11> kMakers{shake<5>, shake<12>, idle_head, idle_tail, few_frames, dark,
                                        noise,    occluder,  shuffled,  reversed,  frozen};

std::size_t place_of(std::string_view name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kPerturbations.size(); ++i) {
    if (kPerturbations[i].name == name) return i;
    names.push_back(kPerturbations[i].name);
  }
  const std::string near = config::did_you_mean(name, names);
  throw UsageError("there is no perturbation '" + std::string(name) + "'" +
                   (near.empty() ? std::string() : "; did you mean '" + near + "'?"));
}

}  // namespace

std::span<const Perturbation> perturbations() { return kPerturbations; }

VideoPtr perturb(VideoPtr video, std::string_view name, std::uint64_t seed, std::uint64_t video_index,
                 double clip_seconds) {
  const Maker make = kMakers[place_of(name)];
  if (video->count() == 0) return video;
  const double whole = video->duration();
  const bool part = clip_seconds > 0 && clip_seconds < whole;
  return make({std::move(video), seed, video_index, part ? clip_seconds : whole});
}

}  // namespace actionflow
