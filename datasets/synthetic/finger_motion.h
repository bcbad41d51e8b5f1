// Where a fingertip is at each moment of a clip: idle, drawing a gesture in the air, idle again.
//
// The unit is the picture's height, right and down from the upper left corner. Immutable; any thread.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "base/random.h"
#include "datasets/pictures/shake.h"
#include "datasets/synthetic/gestures.h"

namespace actionflow {

class FingerMotion {
 public:
  // `gesture` is of kGestures, `aspect` the picture's width, `arm` the direction in which the hand leaves it.
  FingerMotion(std::size_t gesture, Random random, double aspect, cv::Point2d arm);

  double seconds() const { return static_cast<double>(path_.size() - 1) / kSteps; }
  // Between these the gesture is drawn.
  double begin() const { return begin_; }
  double end() const { return end_; }
  cv::Point2d at(double seconds) const;
  cv::Point2d middle() const { return middle_; }  // of what is drawn

 private:
  static constexpr double kSteps = 100;  // of path_, a second

  void place(Random& random, std::size_t gesture, double aspect);
  cv::Point2d placed(cv::Point2d p) const;
  void travel(cv::Point2d to, double seconds);
  void rest(double seconds) { travel(path_.back(), seconds); }
  void draw(const Drawing& drawing, Random& random);
  void smooth(double seconds);

  std::vector<cv::Point2d> path_;
  double begin_ = 0, end_ = 0;
  cv::Point2d middle_, size_;
  double tilt_ = 0;
  ShakePath wobble_;
};

}  // namespace actionflow
