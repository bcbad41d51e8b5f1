#include "datasets/synthetic/hands/head_camera.h"

#include <algorithm>
#include <cmath>

namespace actionflow {

using cv::Point2d;

namespace {

ShakePath sway(Random& random, double seconds, int width) {
  const double share = random.chance(0.2) ? random.uniform(0.03, 0.08) : random.uniform(0, 0.02);
  return {random, share * width, seconds};
}

ShakePath turning(Random& random, double seconds) {
  return {random, random.chance(0.3) ? random.uniform(0.01, 0.05) : random.uniform(0, 0.01), seconds};
}

}  // namespace

HeadCamera::HeadCamera(Random random, double seconds, cv::Size size, cv::Size scenery)
    : length_(seconds),
      size_(size),
      scenery_(scenery),
      sway_(sway(random, seconds, size.width)),
      turning_(turning(random, seconds)) {
  const double drifting = (random.chance(0.25) ? 0.07 : 0.025) * size.width;
  drift_ = {random.uniform(-drifting, drifting), random.uniform(-drifting, drifting)};
  tilt_ = random.uniform(-0.06, 0.06);
  zoom_ = random.uniform(1, 1.25);
  zooming_ = random.chance(0.3) ? random.uniform(-0.05, 0.05) : 0;
  const double opening = random.uniform_double();
  first_gain_ = opening < 0.2 ? random.uniform(0.2, 1.1) : opening < 0.3 ? random.uniform(-0.5, -0.2) : 0;
  settling_ = random.uniform(0.15, 0.9);
  stepped_ = random.chance(0.25) ? random.uniform(-0.3, 0.3) : 0;
  step_at_ = random.uniform(0, seconds);
  light_drift_ = random.uniform(-0.12, 0.12);
  contrast_ = random.uniform(0.85, 1.45);
  lift_ = random.uniform(-20, 25);
  const double cast = random.chance(0.15) ? 0.3 : 0.1;
  for (int c = 0; c < 3; ++c) tint_[c] = 1 + random.uniform(-cast, cast);
  for (int c = 0; c < 3; ++c) first_tint_[c] = first_gain_ == 0 ? 0 : random.uniform(-0.15, 0.15);
}

Point2d HeadCamera::moved(double seconds) const {
  const ShakePath::Offset off = sway_.at(seconds);
  return drift_ * (2 * seconds / length_ - 1) + Point2d(off.x, off.y);
}

cv::Matx23d HeadCamera::view(double seconds) const {
  const double angle = tilt_ + turning_.at(seconds).x;
  const double zoom = zoom_ * (1 + zooming_ * (2 * seconds / length_ - 1));
  const double c = zoom * std::cos(angle), s = zoom * std::sin(angle);
  const Point2d from(scenery_.width / 2.0, scenery_.height / 2.0);
  const Point2d to = Point2d(size_.width / 2.0, size_.height / 2.0) + moved(seconds);
  return {c, -s, to.x - c * from.x + s * from.y, s, c, to.y - s * from.x - c * from.y};
}

double HeadCamera::gain(double seconds) const {
  const double step = 1 / (1 + std::exp(-(seconds - step_at_) * 8));
  return (1 + first_gain_ * std::exp(-seconds / settling_)) * (1 + stepped_ * step) *
         (1 + light_drift_ * (2 * seconds / length_ - 1));
}

void HeadCamera::expose(cv::Mat& image, double seconds) const {
  cv::Mat table(1, 256, CV_8UC3);
  const double light = gain(seconds);
  const double fresh = std::exp(-seconds / settling_);
  for (int v = 0; v < 256; ++v) {
    for (int c = 0; c < 3; ++c) {
      const double lit = v * light * (tint_[c] + first_tint_[c] * fresh);
      table.at<cv::Vec3b>(0, v)[c] = cv::saturate_cast<uchar>((lit - 128) * contrast_ + 128 + lift_);
    }
  }
  cv::LUT(image, table, image);
}

}  // namespace actionflow
