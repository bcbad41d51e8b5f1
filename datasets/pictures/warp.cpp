#include "datasets/pictures/warp.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace actionflow {

namespace {

constexpr double kLeastShrink = 1.1;
constexpr int kStepBits = 5;
constexpr int kSteps = 1 << kStepBits;  // positions in a pixel
constexpr int kTaps = 4;
constexpr float kHalf = 0.5F;  // for rounding; std::lround would be a call

// A pixel's channels, or the weights of four pixels in a row.
using Four [[gnu::vector_size(16)]] = float;

using Weights = std::array<std::array<float, kTaps>, kSteps>;

// Keys' cubic at each position; weights sum to one.
Weights make_weights() {
  constexpr float kA = -0.75F;
  const auto near = [](float d) { return ((kA + 2) * d - (kA + 3)) * d * d + 1; };
  const auto far = [](float d) { return ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA; };
  Weights table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const float t = static_cast<float>(i) / kSteps;
    table[i] = {far(1 + t), near(t), near(1 - t), 1 - far(1 + t) - near(t) - near(1 - t)};
  }
  return table;
}

// Where an output pixel's taps begin along one axis.
struct FourTaps {
  int first;
  const std::array<float, kTaps>& weights;
};

// A source coordinate along a row of the output, in 2^-20 pixels: a whole move stays whole.
class Walk {
 public:
  Walk(double start, double step) : at_(fixed(start) + kHalfStep), step_(fixed(step)) {}

  FourTaps next(const Weights& weights) {
    const std::int64_t position = at_ >> (kBits - kStepBits);
    at_ += step_;
    return {static_cast<int>(position >> kStepBits) - 1,
            weights[static_cast<std::size_t>(position & (kSteps - 1))]};
  }

 private:
  static constexpr int kBits = 20;
  static constexpr std::int64_t kHalfStep = std::int64_t{1} << (kBits - kStepBits - 1);
  static std::int64_t fixed(double pixels) { return std::llround(std::ldexp(pixels, kBits)); }

  std::int64_t at_, step_;
};

// A picture whose pixels are vectors.
class Source {
 public:
  explicit Source(const PictureView& picture)
      : height_(picture.height),
        width_(picture.width),
        pixels_(static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_)) {
    const std::uint8_t* from = picture.pixels;
    for (Pixel& pixel : pixels_)
      for (int c = 0; c < picture.channels; ++c) pixel.value[c] = *from++;
  }

  Four at(const FourTaps& x, const FourTaps& y) const {
    const bool inside =
        x.first >= 0 && x.first + kTaps <= width_ && y.first >= 0 && y.first + kTaps <= height_;
    return inside ? inner(x, y) : border(x, y);
  }

 private:
  // A class of its own, since a template's argument would lose the alignment.
  struct Pixel {
    Four value{};
  };

  const Pixel* row(int y) const { return pixels_.data() + static_cast<std::ptrdiff_t>(y) * width_; }

  Four inner(const FourTaps& x, const FourTaps& y) const {
    Four sum{};
    for (int r = 0; r < kTaps; ++r) {
      const Pixel* p = row(y.first + r) + x.first;
      sum += y.weights[r] * (x.weights[0] * p[0].value + x.weights[1] * p[1].value +
                             x.weights[2] * p[2].value + x.weights[3] * p[3].value);
    }
    return sum;
  }

  Four border(const FourTaps& x, const FourTaps& y) const {
    Four sum{};
    for (int r = 0; r < kTaps; ++r) {
      const Pixel* p = row(std::clamp(y.first + r, 0, height_ - 1));
      Four line{};
      for (int k = 0; k < kTaps; ++k) line += x.weights[k] * p[std::clamp(x.first + k, 0, width_ - 1)].value;
      sum += y.weights[r] * line;
    }
    return sum;
  }

  int height_, width_;
  std::vector<Pixel> pixels_;
};

// Smoothed where the map leaves out pixels; `smoothed` holds the result then.
PictureView antialiased(const PictureView& source, double shrink, cv::Mat& smoothed) {
  if (shrink <= kLeastShrink) return source;
  const cv::Mat from(source.height, source.width, CV_8UC(source.channels),
                     const_cast<std::uint8_t*>(source.pixels));
  cv::GaussianBlur(from, smoothed, {}, 0.5 * std::sqrt(shrink * shrink - 1), 0, cv::BORDER_REPLICATE);
  return {smoothed.data, source.height, source.width, source.channels};
}

}  // namespace

bool Affine::is_identity() const {
  // Far less than the 1/32 pixel that positions are rounded to.
  constexpr double kNear = 1e-6;
  return std::abs(a - 1) < kNear && std::abs(b) < kNear && std::abs(c) < kNear && std::abs(d) < kNear &&
         std::abs(e - 1) < kNear && std::abs(f) < kNear;
}

double Affine::shrink() const { return std::max(std::hypot(a, d), std::hypot(b, e)); }

void warp(const PictureView& source, const Affine& map, int height, int width, std::uint8_t* out) {
  if (source.height == height && source.width == width && map.is_identity()) {
    const auto bytes = static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
                       static_cast<std::size_t>(source.channels);
    std::copy_n(source.pixels, bytes, out);
    return;
  }
  cv::Mat smoothed;
  const Source pixels(antialiased(source, map.shrink(), smoothed));
  static const Weights weights = make_weights();
  for (int y = 0; y < height; ++y) {
    Walk along_x(map.b * y + map.c, map.a), along_y(map.e * y + map.f, map.d);
    for (int x = 0; x < width; ++x) {
      const FourTaps columns = along_x.next(weights);
      const Four value = pixels.at(columns, along_y.next(weights));
      for (int c = 0; c < source.channels; ++c)
        *out++ = static_cast<std::uint8_t>(std::clamp(value[c], 0.0F, 255.0F) + kHalf);
    }
  }
}

}  // namespace actionflow
