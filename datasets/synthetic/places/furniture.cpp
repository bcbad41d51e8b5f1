#include "datasets/synthetic/places/furniture.h"

#include <cmath>

namespace actionflow {

using cv::Point2d;

void draw_window(Canvas& canvas, Point2d corner, cv::Size2d size, const cv::Scalar& frame) {
  const double rim = 0.05 * size.width;
  const Point2d end = corner + Point2d(size.width, size.height);
  const auto at = [&](double x, double y) { return corner + Point2d(x * size.width, y * size.height); };
  canvas.box(corner - Point2d(rim, rim), end + Point2d(rim, rim), frame);
  canvas.box(corner, end, {168, 196, 222});
  canvas.polygon({at(0, 1), at(0.4, 0.53), at(0.87, 1)}, {104, 136, 96});
  canvas.polygon({at(0.57, 1), at(1, 0.63), at(1, 1)}, {92, 122, 88});
  canvas.box(at(0.477, 0), at(0.523, 1), frame);
}

void draw_bookshelf(Canvas& canvas, Point2d corner, double width, const cv::Scalar& board,
                    const std::function<double(std::uint64_t)>& number) {
  for (int row = 0; row < 2; ++row) {
    const double base = corner.y + 0.24 * row;
    double x = corner.x + 0.01;
    for (std::uint64_t book = 0; x < corner.x + width - 0.05; ++book) {
      const std::uint64_t n = 100 + 40 * static_cast<std::uint64_t>(row) + book;
      const double thick = 0.018 + 0.022 * number(n);
      const double tall = 0.11 + 0.06 * number(n + 1000);
      const double hue = 6.283185307179586 * number(n + 2000);
      canvas.box({x, base - tall}, {x + thick, base},
                 {110 + 50 * std::cos(hue), 96 + 40 * std::cos(hue + 2), 92 + 46 * std::cos(hue + 4)});
      x += thick + 0.004;
    }
    canvas.box({corner.x, base}, {corner.x + width, base + 0.018}, board);
  }
}

}  // namespace actionflow
