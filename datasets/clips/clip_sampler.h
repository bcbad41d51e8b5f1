// Which moments of a video a clip is made of, in training and in evaluation. In seconds since the first
// frame, whole microseconds.
//
// dense: `frames` samples at the network's frame_rate, from a start drawn at random (training) or spread
// evenly from the first start to the last (evaluation; one view stands in the middle); a shorter video
// repeats its last sample. A dense clip from 0 is the first window that classify cuts.
// whole: samples spread evenly over the whole video, whatever its length: one in the middle of each of
// `frames` equal parts; further views of evaluation stand elsewhere in the parts.
// segments: the video in `frames` equal parts, one moment drawn in each (training), its middle in evaluation
// (TSN, Wang et al. 2016); with `seconds`, parts of a stretch that long instead of the whole, its start drawn
// or spread as that of a dense clip.
//
// Pure functions; what is drawn comes from `random` alone. SourceError for a duration that is not above 0.
#pragma once

#include <limits>
#include <vector>

#include "base/config/config.h"
#include "base/random.h"
#include "base/tensor/input_spec.h"

namespace actionflow {

enum class SamplingMode { dense, whole, segments };

// What the mode has no use for is refused when options are read.
struct SamplingOptions {
  SamplingMode mode = SamplingMode::dense;
  double seconds = 0;  // that a clip spans in `segments`; 0: the whole video
  double jitter = 0;   // each sample moves by up to this share of the interval, in training (dense, whole)
  // Up to this share of the video is cut off at each end at random, in training (whole, segments
  // without `seconds`).
  double trim = 0;
  // Speed drawn between them, in training (dense, segments with `seconds`): 2 shows twice the time.
  double slowest = 1, fastest = 1;
  int clips = 1;  // views of a video in evaluation
  static void describe(config::Fields<SamplingOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;
};

// Moments, never falling, one a sample. `before` is the moment of the sample before the first, for motion;
// NaN at the video's start, where motion is zero. `padded`: the last sample was repeated.
struct ClipTimes {
  std::vector<double> times;
  double before = 0;
  bool padded = false;
};

inline constexpr double kUnknownLastFrame = std::numeric_limits<double>::quiet_NaN();

// `last_frame` is the time of the video's last frame (times_us().back() in seconds): as in classify, no
// sample of a dense clip stands after it. Where it is not given, one interval before the video's end.
ClipTimes training_clip(const SamplingOptions& options, const InputSpec& input, double duration,
                        Random& random, double last_frame = kUnknownLastFrame);
std::vector<ClipTimes> evaluation_clips(const SamplingOptions& options, const InputSpec& input,
                                        double duration, double last_frame = kUnknownLastFrame);

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::SamplingMode> {
  using Mode = actionflow::SamplingMode;
  static constexpr std::array<std::pair<Mode, std::string_view>, 3> names{
      {{Mode::dense, "dense"}, {Mode::whole, "whole"}, {Mode::segments, "segments"}}};
};
