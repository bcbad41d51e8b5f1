// A picture that is drawn on in a unit of one's own, metres for instance, with soft edges.
//
// A Canvas belongs to one thread. Colours are RGB, 0 to 255. Coordinates run right and down from `origin`.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace actionflow {

// A colour with more or less light on it.
cv::Scalar shade(const cv::Scalar& color, double factor);
cv::Scalar mix(const cv::Scalar& a, const cv::Scalar& b, double share_of_b);

class Canvas {
 public:
  // One unit is the picture's height, and the origin its upper left corner.
  Canvas(int width, int height);

  // `origin` in pixels, `scale` in pixels a unit.
  void set_view(cv::Point2d origin, double scale);

  cv::Mat& image() { return image_; }
  double aspect() const { return static_cast<double>(image_.cols) / image_.rows; }

  // A limb with round ends, of one width at `a` and another at `b`.
  void limb(cv::Point2d a, cv::Point2d b, double width_a, double width_b, const cv::Scalar& color);
  // Convex ones only.
  void polygon(const std::vector<cv::Point2d>& points, const cv::Scalar& color);
  void disc(cv::Point2d center, double radius, const cv::Scalar& color);
  void ellipse(cv::Point2d center, double rx, double ry, double degrees, const cv::Scalar& color);
  void box(cv::Point2d a, cv::Point2d b, const cv::Scalar& color);
  // Takes light away, most in the middle of the ellipse.
  void shadow(cv::Point2d center, double rx, double ry, double depth);

 private:
  cv::Point fixed(cv::Point2d p) const;

  cv::Mat image_;
  cv::Point2d origin_;
  double scale_;
};

}  // namespace actionflow
