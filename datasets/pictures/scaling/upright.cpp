#include "datasets/pictures/scaling/upright.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace actionflow {

namespace {

struct Size {
  std::int64_t width, height;
};

// The largest size of the shown picture's proportions inside `box`.
Size fitted(const Size& box, const Size& shown) {
  return box.width * shown.height <= box.height * shown.width
             ? Size{box.width, std::max<std::int64_t>(1, box.width * shown.height / shown.width)}
             : Size{std::max<std::int64_t>(1, box.height * shown.width / shown.height), box.height};
}

// The smallest size of the shown picture's proportions around `box`.
Size covering(const Size& box, const Size& shown) {
  return box.width * shown.height >= box.height * shown.width
             ? Size{box.width, std::max(box.height, box.width * shown.height / shown.width)}
             : Size{std::max(box.width, box.height * shown.width / shown.height), box.height};
}

Size scaled_size(const InputSpec& spec, const Size& shown) {
  const Size box{spec.width, spec.height};
  if (spec.resize.mode == ResizeMode::stretch) return box;
  if (spec.resize.mode == ResizeMode::fit) return fitted(box, shown);
  const std::int64_t side = spec.resize.size > 0 ? spec.resize.size : std::min(box.width, box.height);
  const Size scaled = shown.width <= shown.height ? Size{side, side * shown.height / shown.width}
                                                  : Size{side * shown.width / shown.height, side};
  return scaled.width >= box.width && scaled.height >= box.height ? scaled : covering(box, shown);
}

// `samples` of the coded picture become `scaled`, of which `outputs` in the middle are kept.
AxisSpan middle(int samples, std::int64_t scaled, std::int64_t outputs, bool flipped) {
  const std::int64_t margin = scaled - outputs;
  const auto before = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(margin) / 2));
  const double step = static_cast<double>(samples) / static_cast<double>(scaled);
  return {static_cast<double>(flipped ? margin - before : before) * step, step, static_cast<int>(outputs)};
}

}  // namespace

UprightPlan plan_upright(const InputSpec& spec, const Frame& frame) {
  const Size scaled = scaled_size(spec, {frame.display_width(), frame.display_height()});
  const Size kept{std::min<std::int64_t>(scaled.width, spec.width),
                  std::min<std::int64_t>(scaled.height, spec.height)};
  const std::ptrdiff_t row = spec.width;
  const auto [transposed, mirrored_x, mirrored_y] = frame.orientation();
  // The shown picture's axes: what they span, and how far apart their pixels lie in the output.
  struct ShownAxis {
    std::int64_t scaled, kept;
    std::ptrdiff_t step;
    bool mirrored;
  };
  const ShownAxis across{scaled.width, kept.width, 1, mirrored_x};
  const ShownAxis down{scaled.height, kept.height, row, mirrored_y};
  const ShownAxis& coded_x = transposed ? down : across;
  const ShownAxis& coded_y = transposed ? across : down;

  UprightPlan plan;
  plan.x = middle(frame.coded_width(), coded_x.scaled, coded_x.kept, coded_x.mirrored);
  plan.y = middle(frame.coded_height(), coded_y.scaled, coded_y.kept, coded_y.mirrored);
  plan.start = (spec.height - kept.height) / 2 * row + (spec.width - kept.width) / 2;
  for (const ShownAxis& axis : {across, down})
    if (axis.mirrored) plan.start += (axis.kept - 1) * axis.step;
  plan.step_x = coded_x.mirrored ? -coded_x.step : coded_x.step;
  plan.step_y = coded_y.mirrored ? -coded_y.step : coded_y.step;
  return plan;
}

}  // namespace actionflow
