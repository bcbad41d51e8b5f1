#include "datasets/clips/clip_change.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "datasets/clips/augment.h"

namespace actionflow {

namespace {

// Deviations of the blur for a picture whose smaller side is 112 pixels.
constexpr double kLeastBlur = 0.3, kMostBlur = 2, kBlurSide = 112;
// Zhong et al. 2017.
constexpr double kLeastErased = 0.02, kMostErased = 0.33, kErasedAspect = 3.3;
constexpr int kDrawTries = 10;

double jitter(Random& random, double reach) {
  return reach > 0 ? random.uniform(std::max(0.0, 1 - reach), 1 + reach) : 1;
}

ColorChange draw_colors(const AugmentOptions& options, Random random, Random gray) {
  ColorChange change;
  change.brightness = jitter(random, options.brightness);
  change.contrast = jitter(random, options.contrast);
  change.saturation = jitter(random, options.saturation);
  change.hue = options.hue > 0 ? random.uniform(-options.hue, options.hue) : 0;
  if (gray.chance(options.gray)) {
    change.saturation = 0;
    change.hue = 0;
  }
  return change;
}

Patch draw_patch(Random& random) {
  Patch patch;
  for (int i = 0; i < kDrawTries; ++i) {
    const double area = random.uniform(kLeastErased, kMostErased);
    const double aspect = std::exp(random.uniform(-std::log(kErasedAspect), std::log(kErasedAspect)));
    patch.height = std::sqrt(area / aspect);
    patch.width = std::sqrt(area * aspect);
    if (patch.height <= 1 && patch.width <= 1) break;
  }
  patch.height = std::min(patch.height, 1.0);
  patch.width = std::min(patch.width, 1.0);
  patch.top = random.uniform(0, 1 - patch.height);
  patch.left = random.uniform(0, 1 - patch.width);
  for (std::uint8_t& value : patch.color) value = static_cast<std::uint8_t>(random.below(256));
  return patch;
}

}  // namespace

ClipChange ClipChange::draw(const AugmentOptions& options, const InputSpec& input, double seconds,
                            std::uint64_t seed, std::uint32_t epoch, std::uint64_t sample) {
  const auto random_for = [&](const char* purpose) { return Random(seed, purpose, epoch, sample); };
  ClipChange change;
  change.geometry = draw_geometry(options, seed, epoch, sample);
  if (options.shake > 0) {
    Random random = random_for("augment shake");
    const double reach = random.uniform(0, options.shake);
    change.shake = ShakePath(random, reach, seconds);
  }
  if (Random random = random_for("augment blur"); random.chance(options.blur))
    change.blur = random.uniform(kLeastBlur, kMostBlur) * std::min(input.height, input.width) / kBlurSide;
  change.colors = draw_colors(options, random_for("augment color"), random_for("augment gray"));
  if (options.noise > 0) {
    Random random = random_for("augment noise");
    change.noise = random.uniform(0, options.noise);
    change.noise_seed = random.bits64();
  }
  if (Random random = random_for("augment erase"); random.chance(options.erase))
    change.erased = draw_patch(random);
  return change;
}

void ClipChange::paint(const VideoFrames& video, std::int64_t frame, const InputSpec& input,
                       std::uint8_t* out) const {
  const FrameForm& kept = video.form();
  Affine map = geometry.map(kept, input.height, input.width);
  if (shake) {
    const double seconds = static_cast<double>(video.times_us()[static_cast<std::size_t>(frame)]) / 1e6;
    const ShakePath::Offset offset = shake->at(seconds);
    map.c += offset.x * kept.width;
    map.f += offset.y * kept.width;
  }
  warp({video.pixels(frame), kept.height, kept.width, kept.channels()}, map, input.height, input.width, out);
  if (blur > 0) {
    cv::Mat picture(input.height, input.width, CV_8UC(kept.channels()), out);
    cv::GaussianBlur(picture, picture, {}, blur, 0, cv::BORDER_REPLICATE);
  }
  const std::size_t pixels = static_cast<std::size_t>(input.height) * static_cast<std::size_t>(input.width);
  if (!colors.changes_nothing()) change_colors(colors, input.color, out, pixels);
  if (noise > 0) {
    Random random(noise_seed, "noise", 0, static_cast<std::uint64_t>(frame));
    add_noise(random, noise, out, pixels * static_cast<std::size_t>(kept.channels()));
  }
}

void ClipChange::erase(const InputSpec& input, PreparedFrame& sample) const {
  if (!erased) return;
  Patch patch = *erased;
  if (input.motion != Motion::none) patch.color[static_cast<std::size_t>(input.color_channels())] = 0;
  patch.fill(sample.data(), sample.height(), sample.width(), sample.channels());
}

}  // namespace actionflow
