#include "datasets/synthetic/drawing/canvas.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace actionflow {

using cv::Point2d;
using cv::Scalar;

namespace {

constexpr int kSubpixelBits = 4;
constexpr double kSubpixel = 1 << kSubpixelBits;

}  // namespace

Scalar shade(const Scalar& color, double factor) {
  return {color[0] * factor, color[1] * factor, color[2] * factor};
}

Scalar mix(const Scalar& a, const Scalar& b, double share_of_b) {
  return a * (1 - share_of_b) + b * share_of_b;
}

Canvas::Canvas(int width, int height) : image_(height, width, CV_8UC3), scale_(height) {}

void Canvas::set_view(Point2d origin, double scale) {
  origin_ = origin;
  scale_ = scale;
}

void Canvas::limb(Point2d a, Point2d b, double width_a, double width_b, const Scalar& color) {
  const Point2d along = b - a;
  const double length = std::max(1e-6, std::hypot(along.x, along.y));
  const Point2d across(-along.y / length, along.x / length);
  polygon({a + across * (width_a / 2), b + across * (width_b / 2), b - across * (width_b / 2),
           a - across * (width_a / 2)},
          color);
  disc(a, width_a / 2, color);
  disc(b, width_b / 2, color);
}

void Canvas::polygon(const std::vector<Point2d>& points, const Scalar& color) {
  std::vector<cv::Point> pixels;
  pixels.reserve(points.size());
  for (const Point2d& p : points) pixels.push_back(fixed(p));
  cv::fillConvexPoly(image_, pixels, color, cv::LINE_AA, kSubpixelBits);
}

void Canvas::disc(Point2d center, double radius, const Scalar& color) {
  ellipse(center, radius, radius, 0, color);
}

void Canvas::ellipse(Point2d center, double rx, double ry, double degrees, const Scalar& color) {
  const cv::Size axes(static_cast<int>(std::lround(rx * scale_ * kSubpixel)),
                      static_cast<int>(std::lround(ry * scale_ * kSubpixel)));
  cv::ellipse(image_, fixed(center), axes, degrees, 0, 360, color, cv::FILLED, cv::LINE_AA, kSubpixelBits);
}

void Canvas::box(Point2d a, Point2d b, const Scalar& color) {
  polygon({a, {b.x, a.y}, b, {a.x, b.y}}, color);
}

void Canvas::shadow(Point2d center, double rx, double ry, double depth) {
  const Point2d middle = origin_ + center * scale_;
  const double width = rx * scale_;
  const double height = ry * scale_;
  const int top = std::max(0, static_cast<int>(middle.y - height));
  const int bottom = std::min(image_.rows - 1, static_cast<int>(middle.y + height));
  const int left = std::max(0, static_cast<int>(middle.x - width));
  const int right = std::min(image_.cols - 1, static_cast<int>(middle.x + width));
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      const double across = (x - middle.x) / width;
      const double down = (y - middle.y) / height;
      const double light = 1 - depth * std::max(0.0, 1 - across * across - down * down);
      auto& pixel = image_.at<cv::Vec3b>(y, x);
      for (int c = 0; c < 3; ++c) pixel[c] = cv::saturate_cast<uchar>(pixel[c] * light);
    }
  }
}

cv::Point Canvas::fixed(Point2d p) const {
  return {static_cast<int>(std::lround((origin_.x + p.x * scale_) * kSubpixel)),
          static_cast<int>(std::lround((origin_.y + p.y * scale_) * kSubpixel))};
}

}  // namespace actionflow
