// From metres in the room to metres in the picture, and drawing in order of distance.
#pragma once

#include <functional>
#include <opencv2/core.hpp>
#include <utility>
#include <vector>

#include "datasets/synthetic/drawing/canvas.h"

namespace actionflow {

// Looks at `middle` from a distance, from a little above; the scene is turned about the vertical first.
struct SceneView {
  double turn = 0;   // radians; what faced the camera then looks to the picture's right
  double pitch = 0;  // radians, downwards
  double distance = 5;
  cv::Point3d middle;

  struct Projected {
    cv::Point2d at;   // metres at the middle's distance, right and down of it
    double nearness;  // metres from the middle towards the camera
    double size;      // of things there
  };
  Projected project(cv::Point3d p) const;
};

// Collects what is to be drawn, and draws it from far to near.
class Layers {
 public:
  void add(double nearness, std::function<void(Canvas&)> draw) {
    parts_.emplace_back(nearness, std::move(draw));
  }
  void draw(Canvas& canvas);

 private:
  std::vector<std::pair<double, std::function<void(Canvas&)>>> parts_;
};

}  // namespace actionflow
