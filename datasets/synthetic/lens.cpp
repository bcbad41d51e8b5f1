#include "datasets/synthetic/lens.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace actionflow {

Lens::Lens(Random random, int width, int height)
    : visible_metres_(random.uniform(2.15, 2.8)),
      pitch_(random.uniform(0.03, 0.2)),
      distance_(random.uniform(4, 8)),
      person_(width * random.uniform(0.42, 0.58), height * random.uniform(0.49, 0.54)) {
  const double drifting = random.chance(0.4) ? 0.03 * height : 0;
  drift_ = {random.uniform(-drifting, drifting), random.uniform(-drifting, drifting) * 0.5};
  const double shaking = random.chance(0.4) ? 0.008 * height : 0;
  shake_ = {random.uniform(0, shaking), random.uniform(0, shaking)};
  shake_rate_ = random.uniform(4, 11);
  zoom_ = random.chance(0.3) ? random.uniform(-0.04, 0.04) : 0;
  blur_ = random.uniform(0.35, 0.85);
  noise_ = static_cast<int>(random.uniform(4, 22));
  make_light(random, width, height);
}

void Lens::make_light(Random& random, int width, int height) {
  const double gain = random.uniform(0.72, 1.18);
  const double warm = random.uniform(-0.08, 0.08);
  const double slope = random.uniform(-0.25, 0.25);
  const double vignette = random.uniform(0, 0.25);
  const std::array<double, 3> tint{1 + warm, 1, 1 - warm};
  light_.reserve(static_cast<std::size_t>(width) * height * 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double across = 2.0 * x / width - 1;
      const double down = 2.0 * y / height - 1;
      const double light = gain * (1 + slope * across) * (1 - vignette * (across * across + down * down) / 2);
      for (const double channel : tint) light_.push_back(static_cast<std::uint16_t>(256 * light * channel));
    }
  }
}

Lens::Aim Lens::aim(double share, double seconds) const {
  Aim aim;
  aim.zoom = 1 + zoom_ * (2 * share - 1);
  aim.shift = drift_ * (2 * share - 1) + cv::Point2d(shake_.x * std::sin(shake_rate_ * seconds),
                                                     shake_.y * std::cos(1.3 * shake_rate_ * seconds));
  return aim;
}

void Lens::expose(cv::Mat& image) const {
  cv::GaussianBlur(image, image, cv::Size(3, 3), blur_);
  for (std::size_t i = 0; i < light_.size(); ++i) {
    image.data[i] = static_cast<std::uint8_t>(std::min(255, image.data[i] * light_[i] >> 8));
  }
}

void Lens::add_noise(cv::Mat& image, Random random) const {
  const std::size_t bytes = image.total() * image.elemSize();
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    if (i % 4 == 0) bits = random.bits64();
    // The sum of two bytes: small differences are the most frequent.
    const int sum = static_cast<int>(bits & 255) + static_cast<int>((bits >> 8) & 255) - 255;
    bits >>= 16;
    image.data[i] = cv::saturate_cast<std::uint8_t>(image.data[i] + sum * noise_ / 256);
  }
}

}  // namespace actionflow
