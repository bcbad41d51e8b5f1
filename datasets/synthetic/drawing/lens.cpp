#include "datasets/synthetic/drawing/lens.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace actionflow {

namespace {

constexpr std::size_t kGrains = std::size_t{1} << 16;

// Grain from -255 to 255, small values the most frequent. One table serves every picture: each of its rows
// begins elsewhere in it.
const std::vector<std::int16_t>& grains() {
  static const std::vector<std::int16_t> table = [] {
    std::vector<std::int16_t> drawn(2 * kGrains);
    Random random(1, "grain");
    for (std::size_t i = 0; i < kGrains; ++i) {
      const std::uint32_t bits = random.bits();
      drawn[i] = static_cast<std::int16_t>(static_cast<int>(bits & 255) + static_cast<int>(bits >> 24) - 255);
      drawn[i + kGrains] = drawn[i];
    }
    return drawn;
  }();
  return table;
}

}  // namespace

Lens::Lens(Random random, int width, int height)
    : visible_metres_(random.uniform(2.2, 2.7)),
      pitch_(random.uniform(0.03, 0.2)),
      distance_(random.uniform(4, 8)),
      person_(width * random.uniform(0.42, 0.58), height * random.uniform(0.49, 0.54)) {
  const double drifting = random.chance(0.4) ? 0.03 * height : 0;
  drift_ = {random.uniform(-drifting, drifting), random.uniform(-drifting, drifting) * 0.5};
  const double shaking = random.chance(0.4) ? 0.008 * height : 0;
  shake_ = {random.uniform(0, shaking), random.uniform(0, shaking)};
  shake_rate_ = random.uniform(4, 11);
  shake_phase_ = random.uniform(0, 6.2832);  // so that shaking looks alike both ways
  zoom_ = random.chance(0.3) ? random.uniform(-0.04, 0.04) : 0;
  blur_ = random.uniform(0.35, 0.85);
  noise_ = static_cast<std::int16_t>(random.uniform(3, 15));
  make_light(random, width, height);
}

void Lens::make_light(Random& random, int width, int height) {
  const double gain = random.uniform(0.8, 1.14);
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
  const double shaken = shake_rate_ * seconds + shake_phase_;
  aim.shift =
      drift_ * (2 * share - 1) + cv::Point2d(shake_.x * std::sin(shaken), shake_.y * std::cos(1.3 * shaken));
  return aim;
}

void Lens::expose(cv::Mat& image) const {
  cv::GaussianBlur(image, image, cv::Size(3, 3), blur_);
  std::uint8_t* const pixels = image.data;
  const std::uint16_t* const light = light_.data();
  const std::size_t bytes = light_.size();
  for (std::size_t i = 0; i < bytes; ++i) {
    pixels[i] = static_cast<std::uint8_t>(std::min(255, pixels[i] * light[i] >> 8));
  }
}

void Lens::add_noise(cv::Mat& image, Random random) const {
  const auto row_bytes = static_cast<std::size_t>(image.cols) * image.elemSize();
  const std::int16_t strength = noise_;
  for (int y = 0; y < image.rows; ++y) {
    std::uint8_t* const pixels = image.ptr(y);
    const std::int16_t* const grain = grains().data() + random.below(kGrains);
    for (std::size_t i = 0; i < row_bytes; ++i) {
      const int lit = pixels[i] + (grain[i] * strength >> 8);
      pixels[i] = static_cast<std::uint8_t>(std::clamp(lit, 0, 255));
    }
  }
}

}  // namespace actionflow
