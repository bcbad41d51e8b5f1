#include "datasets/warp.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "datasets/opencv_threads.h"

namespace actionflow {

namespace {

constexpr double kLeastShrink = 1.1;

int matrix_type(int channels) { return CV_MAKETYPE(CV_8U, channels); }

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
  opencv_threads_off();
  const int type = matrix_type(source.channels);
  cv::Mat from(source.height, source.width, type, const_cast<std::uint8_t*>(source.pixels));
  cv::Mat to(height, width, type, out);
  if (const double shrink = map.shrink(); shrink > kLeastShrink) {
    cv::Mat smooth;
    cv::GaussianBlur(from, smooth, {}, 0.5 * std::sqrt(shrink * shrink - 1), 0, cv::BORDER_REPLICATE);
    from = smooth;
  }
  const cv::Matx23d matrix(map.a, map.b, map.c, map.d, map.e, map.f);
  cv::warpAffine(from, to, matrix, to.size(), cv::INTER_CUBIC | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
}

}  // namespace actionflow
