#include "datasets/clips/augment_geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "datasets/clips/augment.h"

namespace actionflow {

namespace {

constexpr int kCropTries = 10;

struct Shares {
  double width, height;
};

double log_uniform(Random& random, const std::array<double, 2>& range) {
  return std::exp(random.uniform(std::log(range[0]), std::log(range[1])));
}

Shares draw_shares(const AugmentOptions& options, Random& random) {
  Shares shares{1, 1};
  for (int i = 0; i < kCropTries; ++i) {
    const double area = random.uniform(options.scale[0], options.scale[1]);
    const double aspect = log_uniform(random, options.aspect);
    shares = {std::sqrt(area * aspect), std::sqrt(area / aspect)};
    const bool zooms_out = area > 1;
    if (zooms_out || (shares.width <= 1 && shares.height <= 1)) return shares;
  }
  return {std::min(shares.width, 1.0), std::min(shares.height, 1.0)};
}

}  // namespace

Affine Geometry::map(const FrameForm& kept, int output_height, int output_width) const {
  const double step_x = (mirrored ? -1 : 1) * width * kept.width / output_width;
  const double step_y = height * kept.height / output_height;
  // Seen from the output, the source turns the other way.
  const double angle = -degrees * std::numbers::pi / 180;
  const double cosine = std::cos(angle), sine = std::sin(angle);
  Affine map{cosine * step_x, -sine * step_y, 0, sine * step_x, cosine * step_y, 0};
  const double middle_x = (output_width - 1) / 2.0, middle_y = (output_height - 1) / 2.0;
  map.c = (kept.width - 1) / 2.0 + x * kept.width - map.a * middle_x - map.b * middle_y;
  map.f = (kept.height - 1) / 2.0 + y * kept.height - map.d * middle_x - map.e * middle_y;
  return map;
}

Geometry draw_geometry(const AugmentOptions& options, std::uint64_t seed, std::uint32_t epoch,
                       std::uint64_t sample) {
  Geometry geometry;
  Random crop(seed, "augment crop", epoch, sample);
  const Shares shares = draw_shares(options, crop);
  geometry.width = shares.width;
  geometry.height = shares.height;
  const double room_x = std::abs(1 - shares.width) / 2;
  const double room_y = std::abs(1 - shares.height) / 2;
  geometry.x = crop.uniform(-room_x, room_x);
  geometry.y = crop.uniform(-room_y, room_y);

  Random move(seed, "augment translate", epoch, sample);
  geometry.x += move.uniform(-options.translate, options.translate);
  geometry.y += move.uniform(-options.translate, options.translate);
  geometry.degrees = Random(seed, "augment rotate", epoch, sample).uniform(-options.rotate, options.rotate);
  return geometry;
}

}  // namespace actionflow
