// What a camera makes of a scene: where it looks, how it moves, and its light, blur and noise.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "base/random.h"

namespace actionflow {

// One clip's camera. Equal numbers, equal camera.
class Lens {
 public:
  Lens(Random random, int width, int height);

  // Where a point of the still picture is seen at this share of the clip: zoom about the picture's middle,
  // then a shift.
  struct Aim {
    double zoom = 1;
    cv::Point2d shift;
  };
  Aim aim(double share, double seconds) const;

  // Blur and light. Both are the same in every picture.
  void expose(cv::Mat& image) const;
  void add_noise(cv::Mat& image, Random random) const;

  double visible_metres() const { return visible_metres_; }  // in the picture's height
  cv::Point2d person() const { return person_; }             // pixels: where the person's middle is
  double pitch() const { return pitch_; }
  double distance() const { return distance_; }

 private:
  void make_light(Random& random, int width, int height);

  double visible_metres_, pitch_, distance_;
  cv::Point2d person_, drift_, shake_;
  double zoom_, shake_rate_, shake_phase_, blur_;
  std::int16_t noise_;
  std::vector<std::uint16_t> light_;  // a factor a byte, 256 is 1
};

}  // namespace actionflow
