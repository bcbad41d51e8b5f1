#include "datasets/video/decoding/picture_crop.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace actionflow {

namespace {

// Along one axis, in shares of the picture.
struct Stretch {
  double begin, size;
  Stretch mirrored(bool mirror) const { return mirror ? Stretch{1 - begin - size, size} : *this; }
};

// Pixels to take away before and after it.
std::pair<std::size_t, std::size_t> margins(const Stretch& stretch, int pixels) {
  constexpr double kRounding = 1e-6;
  const int begin =
      std::clamp(static_cast<int>(std::floor(stretch.begin * pixels + kRounding)), 0, pixels - 1) / 2 * 2;
  const int end =
      std::clamp(static_cast<int>(std::ceil((stretch.begin + stretch.size) * pixels / 2 - kRounding)) * 2,
                 begin + 1, pixels);
  return {static_cast<std::size_t>(begin), static_cast<std::size_t>(pixels - end)};
}

}  // namespace

void crop_picture(AVFrame& picture, const Region& region, const Orientation& orientation) {
  Stretch x = Stretch{region[0], region[2]}.mirrored(orientation.mirrored_x);
  Stretch y = Stretch{region[1], region[3]}.mirrored(orientation.mirrored_y);
  if (orientation.transposed) std::swap(x, y);
  std::tie(picture.crop_left, picture.crop_right) = margins(x, picture.width);
  std::tie(picture.crop_top, picture.crop_bottom) = margins(y, picture.height);
  av_frame_apply_cropping(&picture, AV_FRAME_CROP_UNALIGNED);
}

}  // namespace actionflow
