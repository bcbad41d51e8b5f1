// Where a fingertip is at each moment of a video: idle, drawing a gesture in the air, idle again.
//
// The unit is the picture's height, right and down from the upper left corner. Immutable; any thread.
#pragma once

#include <functional>
#include <opencv2/core.hpp>
#include <vector>

#include "base/random.h"
#include "datasets/pictures/shake.h"
#include "datasets/synthetic/hands/gestures.h"

namespace actionflow {

class FingerMotion {
 public:
  // `gesture` is of kGestures, `aspect` the picture's width, `arm` the direction in which the hand leaves it.
  FingerMotion(std::size_t gesture, Random random, double aspect, cv::Point2d arm);

  // So many seconds of gestures and movements of no class, with idle time between them.
  static FingerMotion stream(double seconds, Random random, double aspect, cv::Point2d arm);

  double seconds() const { return static_cast<double>(path_.size() - 1) / kSteps; }
  // When a gesture is drawn, and which.
  struct Drawn {
    std::size_t gesture = 0;
    double begin = 0, end = 0;
  };
  const std::vector<Drawn>& drawn() const { return drawn_; }
  // Of the first one.
  double begin() const { return drawn_.front().begin; }
  double end() const { return drawn_.front().end; }
  cv::Point2d at(double seconds) const;
  cv::Point2d middle() const { return box_.middle; }  // of what is drawn, of several the last

 private:
  static constexpr double kSteps = 100;  // of path_, a second

  // Where a drawing's middle stands, and half its extent.
  struct Box {
    cv::Point2d middle, size;
    double tilt = 0;  // radians
  };

  explicit FingerMotion(const ShakePath& wobble) : wobble_(wobble) {}

  void add_gesture(std::size_t gesture, double latest, Random& random, double aspect, cv::Point2d arm);
  void leave_for(cv::Point2d first, Random& random, cv::Point2d arm);
  void place_near(cv::Point2d hand, const std::function<cv::Point2d()>& first, std::size_t gesture,
                  Random& random, double aspect);
  void wander(cv::Point2d about, double seconds, Random& random);
  void place(Random& random, std::size_t gesture, double aspect);
  cv::Point2d placed(cv::Point2d p) const;
  void travel(cv::Point2d to, double seconds);
  void rest(double seconds) { travel(path_.back(), seconds); }
  void draw(const Drawing& drawing, Random& random);
  void smooth(double seconds);

  std::vector<cv::Point2d> path_;
  std::vector<Drawn> drawn_;
  Box box_;
  ShakePath wobble_;
};

}  // namespace actionflow
