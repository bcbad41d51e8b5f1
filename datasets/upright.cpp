#include "datasets/upright.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace actionflow {

namespace {

struct Size {
  std::int64_t width, height;
};

Size scaled_size(const InputSpec& spec, const Size& shown) {
  const Size crop{spec.width, spec.height};
  if (spec.resize.mode == ResizeMode::stretch) return crop;
  const std::int64_t side = spec.resize.size > 0 ? spec.resize.size : std::min(crop.width, crop.height);
  const Size scaled = shown.width <= shown.height ? Size{side, side * shown.height / shown.width}
                                                  : Size{side * shown.width / shown.height, side};
  if (scaled.width >= crop.width && scaled.height >= crop.height) return scaled;
  return crop.width * shown.height >= crop.height * shown.width
             ? Size{crop.width, std::max(crop.height, crop.width * shown.height / shown.width)}
             : Size{std::max(crop.width, crop.height * shown.width / shown.height), crop.height};
}

// `samples` of the coded picture become `scaled`, of which `outputs` in the middle are kept.
AxisSpan middle(int samples, std::int64_t scaled, int outputs, bool flipped) {
  const std::int64_t margin = scaled - outputs;
  const auto before = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(margin) / 2));
  const double step = static_cast<double>(samples) / static_cast<double>(scaled);
  return {static_cast<double>(flipped ? margin - before : before) * step, step, outputs};
}

}  // namespace

UprightPlan plan_upright(const InputSpec& spec, const Frame& frame) {
  const Size scaled = scaled_size(spec, {frame.display_width(), frame.display_height()});
  const int w = frame.coded_width();
  const int h = frame.coded_height();
  const std::ptrdiff_t row = spec.width;
  const std::ptrdiff_t last_row = row * (spec.height - 1);
  switch (frame.rotation()) {
    case 90:  // the coded picture's left edge becomes the top
      return {middle(w, scaled.height, spec.height, false), middle(h, scaled.width, spec.width, true),
              row - 1, row, -1};
    case 180:
      return {middle(w, scaled.width, spec.width, true), middle(h, scaled.height, spec.height, true),
              last_row + row - 1, -1, -row};
    case 270:  // its right edge becomes the top
      return {middle(w, scaled.height, spec.height, true), middle(h, scaled.width, spec.width, false),
              last_row, -row, 1};
    default:
      return {middle(w, scaled.width, spec.width, false), middle(h, scaled.height, spec.height, false), 0, 1,
              row};
  }
}

}  // namespace actionflow
