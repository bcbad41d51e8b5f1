// Which moments of a video a clip is made of, in training and in evaluation. In seconds.
//
// dense: `frames` samples at the network's frame_rate, from a start drawn at random (training) or spread
// evenly over the video (evaluation; one view stands in the middle); a shorter video repeats its last
// sample. whole: samples spread evenly over the whole video, whatever its length. segments: the video in
// `frames` equal segments, one moment drawn in each (training), its middle in evaluation (TSN, Wang et al.
// 2016); with `seconds`, segments of a stretch that long instead of the whole.
#pragma once

#include <vector>

#include "base/config.h"
#include "base/input_spec.h"
#include "base/random.h"

namespace actionflow {

enum class SamplingMode { dense, whole, segments };

struct SamplingOptions {
  SamplingMode mode = SamplingMode::dense;
  double seconds = 0;  // that a clip spans in `segments`; 0: the whole video
  double jitter = 0;   // each sample moves by up to this share of the interval, in training
  double trim =
      0;  // up to this share of the video is cut off at each end at random, in training (whole, segments)
  double slowest = 1, fastest = 1;  // speed drawn between them, in training
  int clips = 1;                    // views of a video in evaluation
  static void describe(config::Fields<SamplingOptions>& fields);
};

// Moments in seconds since the first frame, rising, one a sample. `before` is the moment of the sample
// before the first, for motion; NaN at the video's start, where motion is zero.
struct ClipTimes {
  std::vector<double> times;
  double before = 0;
  bool padded = false;
};

ClipTimes training_clip(const SamplingOptions& options, const InputSpec& input, double duration,
                        Random& random);
std::vector<ClipTimes> evaluation_clips(const SamplingOptions& options, const InputSpec& input,
                                        double duration);

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::SamplingMode> {
  using Mode = actionflow::SamplingMode;
  static constexpr std::array<std::pair<Mode, std::string_view>, 3> names{
      {{Mode::dense, "dense"}, {Mode::whole, "whole"}, {Mode::segments, "segments"}}};
};
