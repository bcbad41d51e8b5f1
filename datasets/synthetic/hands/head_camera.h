// A camera on a moving head: how it sways over what is behind the hand, and how its exposure follows the
// light.
#pragma once

#include <opencv2/core.hpp>

#include "base/random.h"
#include "datasets/pictures/shake.h"

namespace actionflow {

// One clip's. Immutable; any thread.
class HeadCamera {
 public:
  // `seconds` is the clip's length; `size` is of its pictures, `scenery` of what is behind the hand.
  HeadCamera(Random random, double seconds, cv::Size size, cv::Size scenery);

  // Takes points of the scenery to the picture, in pixels.
  cv::Matx23d view(double seconds) const;
  // How far the scenery is moved, in pixels.
  cv::Point2d moved(double seconds) const;
  // Sets light, contrast and colours as they are now.
  void expose(cv::Mat& image, double seconds) const;

 private:
  double gain(double seconds) const;

  double length_;
  cv::Size size_, scenery_;
  ShakePath sway_, turning_;
  cv::Point2d drift_;
  double tilt_, zoom_, zooming_;
  double first_gain_, settling_, stepped_, step_at_, light_drift_, contrast_, lift_;
  cv::Vec3d tint_, first_tint_;
};

}  // namespace actionflow
