#include "datasets/pictures/motion.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <opencv2/core.hpp>

#include "datasets/pictures/optical_flow.h"

namespace actionflow {

namespace {

constexpr double kBytesAPixel = 16;

cv::Mat as_matrix(const std::vector<std::uint8_t>& luma, int height, int width) {
  return cv::Mat(height, width, CV_8UC1, const_cast<std::uint8_t*>(luma.data()));
}

void write_zero(std::size_t pixels, std::uint8_t* out, int stride) {
  for (std::size_t i = 0; i < pixels; ++i, out += stride) *out = 0;
}

void write_difference(const std::vector<std::uint8_t>& before, const std::vector<std::uint8_t>& now,
                      std::uint8_t* out, int stride) {
  for (std::size_t i = 0; i < now.size(); ++i, out += stride) {
    *out = static_cast<std::uint8_t>(std::abs(now[i] - before[i]));
  }
}

void write_flow(const cv::Mat& before, const cv::Mat& now, std::uint8_t* out, int stride) {
  for (const cv::Vec2f& moved : optical_flow(before, now)) {
    const double length = std::hypot(moved[0], moved[1]) * kBytesAPixel;
    // The comparison is false for what is not a number.
    *out = length < 255 ? static_cast<std::uint8_t>(std::lround(length)) : std::uint8_t{255};
    out += stride;
  }
}

}  // namespace

void write_luma(ColorOrder color, const std::uint8_t* pixels, int channels, std::size_t count,
                std::uint8_t* luma) {
  if (color == ColorOrder::gray) {
    for (std::size_t i = 0; i < count; ++i, pixels += channels) luma[i] = *pixels;
    return;
  }
  // 0.299, 0.587 and 0.114 in 65536ths; they sum to one.
  const unsigned first = color == ColorOrder::bgr ? 7471 : 19595;
  const unsigned last = color == ColorOrder::bgr ? 19595 : 7471;
  for (std::size_t i = 0; i < count; ++i, pixels += channels) {
    luma[i] =
        static_cast<std::uint8_t>((first * pixels[0] + 38470 * pixels[1] + last * pixels[2] + 32768) >> 16);
  }
}

void MotionChannel::write(const std::vector<std::uint8_t>& luma, int height, int width, std::uint8_t* out,
                          int stride) {
  // Flow between equal pictures is only nearly zero.
  if (previous_.empty() || previous_ == luma) {
    write_zero(luma.size(), out, stride);
  } else if (motion_ == Motion::flow) {
    write_flow(as_matrix(previous_, height, width), as_matrix(luma, height, width), out, stride);
  } else {
    write_difference(previous_, luma, out, stride);
  }
  previous_ = luma;
}

}  // namespace actionflow
