// How a person stands at one moment, and keyframes between which a movement runs smoothly.
//
// Metres, for a person of 1.75 m who faces +z at the origin: x to the person's left (the picture's right when
// facing the camera), y up from the floor. Arrays hold the person's right side first (x < 0), then the left.
#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <utility>
#include <vector>

namespace actionflow {

struct Pose {
  cv::Point3d pelvis{0, 0.93, 0};
  cv::Vec3d spine{0, 0, 0};  // radians: lean forwards, lean to the left, turn of the shoulders to the left
  double nod = 0;            // of the head, radians
  std::array<cv::Point3d, 2> hands{cv::Point3d{-0.27, 0.84, 0.06}, cv::Point3d{0.27, 0.84, 0.06}};
  std::array<cv::Point3d, 2> feet{cv::Point3d{-0.11, 0.07, 0}, cv::Point3d{0.11, 0.07, 0}};
  double opened = 0;  // of a thing that opens, 0 to 1
};

// Poses at rising phases, the first at 0 and the last at 1. The movement passes through each key without a
// stop, and rests at both ends; read backwards it is the same movement backwards.
class KeyedMovement {
 public:
  void key(double phase, const Pose& pose) { keys_.emplace_back(phase, pose); }
  Pose at(double phase) const;

 private:
  std::vector<std::pair<double, Pose>> keys_;
};

}  // namespace actionflow
