// Convolutions that work row by row of outputs: in which order, and which rows of the input each one reads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/kernels/layout.h"

namespace actionflow::kernels {

// Where a kernel tap along one axis reads, or -1 outside.
inline std::int64_t tap_position(const Convolution& c, std::size_t axis, std::int64_t out, int tap,
                                 std::int64_t extent) {
  const std::int64_t in = out * c.stride[axis] - c.pad_begin[axis] + std::int64_t{tap} * c.dilation[axis];
  return in >= 0 && in < extent ? in : -1;
}

// The other way: which output a kernel tap carries this input to, or -1 for none.
inline std::int64_t tap_target(const Convolution& c, std::size_t axis, std::int64_t in, int tap,
                               std::int64_t extent) {
  const std::int64_t out = in + c.pad_begin[axis] - std::int64_t{tap} * c.dilation[axis];
  return out >= 0 && out % c.stride[axis] == 0 && out / c.stride[axis] < extent ? out / c.stride[axis] : -1;
}

// visit(row, tap): taps in time and height whose `position(axis, tap)` is not -1, and the row of a clip of
// `height` rows a frame that they meet.
template <class P, class F>
void for_each_row(const Convolution& c, std::int64_t height, P position, F visit) {
  for (int kt = 0; kt < c.kernel[0]; ++kt) {
    const std::int64_t t = position(0, kt);
    if (t < 0) continue;
    for (int kh = 0; kh < c.kernel[1]; ++kh) {
      const std::int64_t h = position(1, kh);
      if (h >= 0) visit(t * height + h, kt * c.kernel[1] + kh);
    }
  }
}

// The kernel's taps in time and height that lie inside the input, for one row of outputs.
template <class F>
void for_each_row_tap(const Convolution& c, const Extents& in, std::int64_t ot, std::int64_t oh, F visit) {
  const auto position = [&](std::size_t axis, int tap) {
    return tap_position(c, axis, axis == 0 ? ot : oh, tap, axis == 0 ? in.t : in.h);
  };
  for_each_row(c, in.h, position, visit);
}

// The rows of outputs that one row of the input reaches, and by which taps in time and height.
template <class F>
void for_each_row_target(const Convolution& c, const Extents& out, std::int64_t it, std::int64_t ih,
                         F visit) {
  const auto position = [&](std::size_t axis, int tap) {
    return tap_target(c, axis, axis == 0 ? it : ih, tap, axis == 0 ? out.t : out.h);
  };
  for_each_row(c, out.h, position, visit);
}

// Rows of a value in bands of heights, each band through all of time before the next: the frames that a
// kernel's extent in time reads again are then still in the second cache.
class RowOrder {
 public:
  struct Place {
    std::int64_t n, t, h;
  };

  // Of `rows`, each computed by a kernel of `c` from rows of `read`, `stride` of its heights from one to the
  // next.
  RowOrder(const Convolution& c, const Layout& rows, const Layout& read, std::int64_t stride)
      : clips_(rows.batch), times_(rows.extents.t), heights_(rows.extents.h) {
    constexpr std::int64_t kCacheFloats = 512 * 1024 / 4;
    const std::int64_t row = read.extents.w * read.padded * c.kernel[0];
    band_ = std::clamp<std::int64_t>((kCacheFloats / row - c.kernel[1]) / stride, 1, heights_);
  }

  std::int64_t count() const { return clips_ * times_ * heights_; }
  Place operator[](std::int64_t i) const {
    const std::int64_t n = i / (times_ * heights_), rest = i % (times_ * heights_);
    const std::int64_t band = rest / (times_ * band_) * band_, within = rest - band * times_;
    const std::int64_t height = std::min(band_, heights_ - band);
    return {n, within / height, band + within % height};
  }

 private:
  std::int64_t clips_, times_, heights_, band_;
};

}  // namespace actionflow::kernels
