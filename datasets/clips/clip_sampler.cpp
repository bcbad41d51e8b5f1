#include "datasets/clips/clip_sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "datasets/video/time/time_line.h"

namespace actionflow {

namespace {

// Whole microseconds, so that the moments of a clip from 0 are TimeGrid's own.
double rounded(double seconds) {
  return static_cast<double>(std::llround(seconds * kMicrosecondsPerSecond)) / kMicrosecondsPerSecond;
}

double step_at(double rate, int k) {
  return static_cast<double>(std::llround(k * kMicrosecondsPerSecond / rate)) / kMicrosecondsPerSecond;
}

double before_or_none(double seconds) {
  return seconds >= 0 ? rounded(seconds) : std::numeric_limits<double>::quiet_NaN();
}

void require_duration(double duration) {
  if (!(duration > 0) || !std::isfinite(duration))
    throw SourceError("a video without a duration has no moments to draw clips from");
}

// Moves each sample by up to `share` of the interval; at half an interval samples may meet, not pass.
void jitter_samples(ClipTimes& clip, double share, double interval, double duration, Random& random) {
  if (share <= 0) return;
  for (double& time : clip.times) {
    const double moved = time + share * interval * random.uniform(-1, 1);
    time = rounded(std::clamp(moved, 0.0, duration));
  }
  std::sort(clip.times.begin(), clip.times.end());
}

// The last moment a sample can stand at: the last frame's, as far as it is known.
double last_moment(double duration, double rate, double last_frame) {
  return std::isnan(last_frame) ? std::max(0.0, duration - 1 / rate) : last_frame;
}

ClipTimes dense_clip(double start, double rate, int frames, double last) {
  ClipTimes clip;
  const double first = rounded(start);
  for (int k = 0; k < frames; ++k) {
    const double time = rounded(first + step_at(rate, k));
    if (k > 0 && time > rounded(last)) {
      clip.padded = true;
      clip.times.resize(static_cast<std::size_t>(frames), clip.times.back());
      break;
    }
    clip.times.push_back(time);
  }
  clip.before = before_or_none(first - step_at(rate, 1));
  return clip;
}

// One moment in each of `frames` equal parts of the stretch, `place` (0 to 1) of the way through it.
template <class Place>
ClipTimes spread_clip(double begin, double length, int frames, Place place) {
  ClipTimes clip;
  const double part = length / frames;
  for (int k = 0; k < frames; ++k) clip.times.push_back(rounded(begin + (k + place()) * part));
  clip.before = before_or_none(clip.times.front() - part);
  return clip;
}

double speed_of(const SamplingOptions& options, Random& random) {
  return options.slowest == options.fastest ? options.slowest
                                            : random.uniform(options.slowest, options.fastest);
}

struct Stretch {
  double begin = 0, length = 0;
};

Stretch training_stretch(const SamplingOptions& options, double duration, Random& random) {
  if (options.mode == SamplingMode::segments && options.seconds > 0) {
    const double length = std::min(duration, options.seconds * speed_of(options, random));
    return {random.uniform(0, duration - length), length};
  }
  const double head = options.trim > 0 ? random.uniform(0, options.trim) : 0;
  const double tail = options.trim > 0 ? random.uniform(0, options.trim) : 0;
  return {head * duration, (1 - head - tail) * duration};
}

// Where view `view` of `views` stands between the first and the last possible start: the middle of its
// share, so one view stands in the middle.
double view_place(int view, int views) { return views > 1 ? static_cast<double>(view) / (views - 1) : 0.5; }

}  // namespace

void SamplingOptions::describe(config::Fields<SamplingOptions>& fields) {
  fields.add("mode", &SamplingOptions::mode,
             "dense: at the network's frame_rate, from a random start; whole: spread evenly over the video; "
             "segments: one moment in each of as many equal parts as the clip has frames");
  fields.add("seconds", &SamplingOptions::seconds, "that a clip spans in segments; 0: the whole video")
      .range(0, 86400);
  fields
      .add("jitter", &SamplingOptions::jitter,
           "in training, each sample moves by up to this share of the interval (dense, whole)")
      .range(0, 0.5);
  fields
      .add("trim", &SamplingOptions::trim,
           "in training, up to this share of the video is cut off at each end at random (whole, segments "
           "without seconds)")
      .range(0, 0.45);
  fields
      .add("slowest", &SamplingOptions::slowest,
           "in training, the least speed of a clip (dense, segments with seconds)")
      .range(0.1, 10);
  fields
      .add("fastest", &SamplingOptions::fastest,
           "in training, the greatest speed of a clip (dense, segments with seconds)")
      .range(0.1, 10);
  fields.add("clips", &SamplingOptions::clips, "views of a video in evaluation").range(1, 1000);
}

void SamplingOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  if (slowest > fastest)
    diagnostics.add(value.place(),
                    "slowest is above fastest; a clip's speed is drawn from slowest to fastest");
  const bool segments = mode == SamplingMode::segments;
  const bool a_stretch = segments && seconds > 0;
  const auto require = [&](bool has_meaning, const char* what) {
    if (!has_meaning) diagnostics.add(value.place(), what);
  };
  require(segments || seconds == 0, "seconds has a meaning in mode segments only");
  require(!segments || jitter == 0, "jitter has a meaning in modes dense and whole only");
  require((mode != SamplingMode::dense && !a_stretch) || trim == 0,
          "trim has a meaning in modes whole and segments, without seconds, only");
  require(mode == SamplingMode::dense || a_stretch || (slowest == 1 && fastest == 1),
          "slowest and fastest have a meaning in modes dense and segments, with seconds, only");
}

ClipTimes training_clip(const SamplingOptions& options, const InputSpec& input, double duration,
                        Random& random, double last_frame) {
  require_duration(duration);
  if (options.mode == SamplingMode::dense) {
    const double rate = input.frame_rate / speed_of(options, random);
    const double last = last_moment(duration, rate, last_frame);
    const double room = std::max(0.0, last - (input.frames - 1) / rate);
    ClipTimes clip = dense_clip(random.uniform(0, room), rate, input.frames, last);
    jitter_samples(clip, options.jitter, 1 / rate, duration, random);
    return clip;
  }
  const Stretch stretch = training_stretch(options, duration, random);
  if (options.mode == SamplingMode::segments)
    return spread_clip(stretch.begin, stretch.length, input.frames, [&] { return random.uniform(0, 1); });
  ClipTimes clip = spread_clip(stretch.begin, stretch.length, input.frames, [] { return 0.5; });
  jitter_samples(clip, options.jitter, stretch.length / input.frames, duration, random);
  return clip;
}

std::vector<ClipTimes> evaluation_clips(const SamplingOptions& options, const InputSpec& input,
                                        double duration, double last_frame) {
  require_duration(duration);
  const double rate = input.frame_rate;
  const double last = last_moment(duration, rate, last_frame);
  std::vector<ClipTimes> clips;
  for (int view = 0; view < options.clips; ++view) {
    if (options.mode == SamplingMode::dense) {
      const double room = std::max(0.0, last - (input.frames - 1) / rate);
      clips.push_back(dense_clip(room * view_place(view, options.clips), rate, input.frames, last));
    } else if (options.mode == SamplingMode::segments && options.seconds > 0) {
      const double length = std::min(duration, options.seconds);
      const double begin = (duration - length) * view_place(view, options.clips);
      clips.push_back(spread_clip(begin, length, input.frames, [] { return 0.5; }));
    } else {
      const double place = (view + 0.5) / options.clips;
      clips.push_back(spread_clip(0, duration, input.frames, [place] { return place; }));
    }
  }
  return clips;
}

}  // namespace actionflow
