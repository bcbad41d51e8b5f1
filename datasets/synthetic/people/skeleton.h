// The joints of a person in a pose. Coordinates are those of pose.h.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "datasets/synthetic/people/pose.h"

namespace actionflow {

// Of one person, relative to the usual (1).
struct Proportions {
  double arms = 1;
  double legs = 1;  // moves pelvis and knees only: feet stay on the floor
  double shoulders = 1;
  double girth = 1;
  double head = 1;
};

struct Skeleton {
  using Pair = std::array<cv::Point3d, 2>;
  cv::Point3d pelvis, collar, chin, head;
  Pair shoulders, elbows, wrists, palms, hips, knees, ankles, toes;

  // Arms and legs bend so that palms and ankles are where the pose has them, or as near as they reach.
  Skeleton(const Pose& pose, const Proportions& proportions);
};

// The joint between two bones from `root` towards `end`, bent towards `bend`; moves `end` to where it is
// reached.
cv::Point3d bend_joint(cv::Point3d root, cv::Point3d& end, double first, double second, cv::Point3d bend);

}  // namespace actionflow
