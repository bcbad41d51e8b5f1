#include "datasets/pictures/background.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace actionflow {

namespace {

constexpr double kFollowSeconds = 2;
constexpr double kNoiseFollow = 1.0 / 16;
constexpr double kNoiseDeviations = 3;
// A normal distribution's median deviation, in standard deviations.
constexpr double kMedianDeviation = 0.6745;
// Beyond that it is no noise.
constexpr double kMostNoise = 10;
// Of the nine pixels around and with one that differs, so many have to.
constexpr int kNeighbours = 3;
// Of a histogram of levels from −255 to 255.
constexpr int kBinsALevel = 8;
constexpr int kMiddleBin = 255 * kBinsALevel;

double median(const std::vector<float>& values, bool magnitudes) {
  std::array<int, 2 * kMiddleBin + 1> bins{};
  for (const float value : values) {
    const float level = magnitudes ? std::abs(value) : value;
    ++bins[static_cast<std::size_t>(
        std::clamp(static_cast<int>(std::lround(level * kBinsALevel)) + kMiddleBin, 0, 2 * kMiddleBin))];
  }
  const auto half = static_cast<int>(values.size() / 2);
  int seen = 0, bin = -1;
  while (seen <= half) seen += bins[static_cast<std::size_t>(++bin)];
  return static_cast<double>(bin - kMiddleBin) / kBinsALevel;
}

}  // namespace

Background::Background(const InputSpec& form, double threshold)
    : threshold_(threshold),
      height_(form.height),
      width_(form.width),
      color_channels_(form.color_channels()),
      follow_(static_cast<float>(1 - std::exp(-form.interval() / kFollowSeconds))),
      luminance_(static_cast<std::size_t>(height_) * width_),
      background_(luminance_.size()),
      differences_(luminance_.size()) {}

void Background::reset() {
  samples_ = 0;
  noise_ = 0;
}

double Background::moving_share(const PreparedFrame& frame) {
  take_differences(frame);
  if (samples_ == 0) {
    ++samples_;
    background_ = luminance_;
    return 1;
  }
  // One codec's wave may be twice as strong as the noise before it; a movement of half the picture is more.
  const double now = noise_now();
  if (samples_ == 1) noise_ = std::min(now, kMostNoise);
  ++samples_;
  const double noise = std::min(std::max(noise_, now), 2 * noise_ + 1);
  noise_ += kNoiseFollow * (std::min(now, kMostNoise) - noise_);
  const double share = differing_share(threshold_ + kNoiseDeviations * noise);
  follow();
  return share;
}

void Background::take_differences(const PreparedFrame& frame) {
  const int channels = frame.channels();
  const std::uint8_t* pixel = frame.data();
  for (std::size_t i = 0; i < luminance_.size(); ++i, pixel += channels) {
    int sum = 0;
    for (int c = 0; c < color_channels_; ++c) sum += pixel[c];
    luminance_[i] = static_cast<float>(sum) / static_cast<float>(color_channels_);
    differences_[i] = luminance_[i] - background_[i];
  }
  const auto change = static_cast<float>(median(differences_, false));
  for (float& difference : differences_) difference -= change;
}

double Background::noise_now() const { return median(differences_, true) / kMedianDeviation; }

double Background::differing_share(double levels) const {
  const auto differs = [&](int y, int x) {
    return std::abs(static_cast<double>(differences_[static_cast<std::size_t>(y) * width_ + x])) > levels;
  };
  const auto together = [&](int y, int x) {
    int count = 0;
    for (int v = std::max(0, y - 1); v <= std::min(height_ - 1, y + 1); ++v)
      for (int u = std::max(0, x - 1); u <= std::min(width_ - 1, x + 1); ++u) count += differs(v, u);
    return count >= kNeighbours;
  };
  int moving = 0;
  for (int y = 0; y < height_; ++y)
    for (int x = 0; x < width_; ++x) moving += differs(y, x) && together(y, x);
  return static_cast<double>(moving) / static_cast<double>(luminance_.size());
}

void Background::follow() {
  for (std::size_t i = 0; i < luminance_.size(); ++i)
    background_[i] += follow_ * (luminance_[i] - background_[i]);
}

}  // namespace actionflow
