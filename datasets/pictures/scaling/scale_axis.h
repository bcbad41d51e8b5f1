// One axis of a resampling: which source samples, with which weights, make each output sample.
//
// Coordinates are edges: source sample j covers [j, j+1), its centre is j + 0.5. Output i covers
// [begin + i·step, begin + (i+1)·step) with centre c, and is Σ w(j)·source(j) / Σ w(j) over the
// samples inside the picture, so at the border the weights that fall outside go to the rest.
// - area: w = how much of [j, j+1) the output covers, exactly, up and down alike; the first and the
//   last sample reach on beyond the border (where sited chroma has none);
// - bilinear: w = triangle(d), bicubic: w = cubic(d) with a = −0.5, of d = (j + 0.5 − c) / max(step, 1):
//   widened when scaling down, as PIL and PyTorch's antialias=True do;
// - nearest: the sample that c lies in.
// Weights are integers of kWeightBits bits, an output's weights sum to exactly 1 << kWeightBits.
#pragma once

#include <cstdint>
#include <vector>

#include "base/tensor/input_spec.h"

namespace actionflow {

inline constexpr int kWeightBits = 14;

// Where the outputs of an axis lie in the picture, in luma samples.
struct AxisSpan {
  double begin = 0;
  double step = 1;
  int outputs = 0;

  bool operator==(const AxisSpan&) const = default;
};

// How a plane's samples lie in the picture: 1 << log2_step luma samples each, `offset` luma samples
// from the centre of those (−0.5: chroma of 4:2:0 at the left one of two).
struct AxisSiting {
  int log2_step = 0;
  double offset = 0;
};

struct Axis {
  int taps = 0;                       // places for weights in an output, zero after its last
  std::vector<std::int32_t> first;    // source sample of an output's first weight
  std::vector<std::int32_t> count;    // weights in use
  std::vector<std::int16_t> weights;  // outputs × taps

  int outputs() const { return static_cast<int>(first.size()); }
  const std::int16_t* weights_of(int output) const {
    return weights.data() + static_cast<std::size_t>(output) * static_cast<std::size_t>(taps);
  }
};

// `samples`: the plane's own, > 0. Taps are rounded up to a multiple of `tap_multiple`.
Axis make_axis(ResizeFilter filter, const AxisSpan& span, const AxisSiting& siting, int samples,
               int tap_multiple);

}  // namespace actionflow
