#include "datasets/synthetic/people/skeleton.h"

#include <algorithm>
#include <cmath>

namespace actionflow {

using cv::Point3d;

namespace {

constexpr double kUpperArm = 0.28, kForearm = 0.26, kPalm = 0.07;
constexpr double kThigh = 0.45, kShin = 0.44;

Point3d unit_of(Point3d p) { return p * (1 / std::max(1e-9, std::sqrt(p.dot(p)))); }

// Turns by lean forwards, lean to the left and turn to the left.
Point3d bent(Point3d p, const cv::Vec3d& spine) {
  const auto [turn_sin, turn_cos] = std::pair(std::sin(spine[2]), std::cos(spine[2]));
  p = {p.x * turn_cos + p.z * turn_sin, p.y, p.z * turn_cos - p.x * turn_sin};
  const auto [side_sin, side_cos] = std::pair(std::sin(spine[1]), std::cos(spine[1]));
  p = {p.x * side_cos + p.y * side_sin, p.y * side_cos - p.x * side_sin, p.z};
  const auto [lean_sin, lean_cos] = std::pair(std::sin(spine[0]), std::cos(spine[0]));
  return {p.x, p.y * lean_cos - p.z * lean_sin, p.z * lean_cos + p.y * lean_sin};
}

}  // namespace

Point3d bend_joint(Point3d root, Point3d& end, double first, double second, Point3d bend) {
  const Point3d toward = unit_of(end - root);
  const double wanted = std::sqrt((end - root).dot(end - root));
  const double distance = std::clamp(wanted, std::abs(first - second) + 0.02, first + second - 1e-3);
  end = root + toward * distance;
  const double along = (first * first - second * second + distance * distance) / (2 * distance);
  const double aside = std::sqrt(std::max(0.0, first * first - along * along));
  return root + toward * along + unit_of(bend - toward * bend.dot(toward)) * aside;
}

Skeleton::Skeleton(const Pose& pose, const Proportions& proportions)
    : pelvis(pose.pelvis.x, pose.pelvis.y * (1 + 0.9 * (proportions.legs - 1)), pose.pelvis.z) {
  const auto up = [&](double x, double y, double z) { return pelvis + bent({x, y, z}, pose.spine); };
  collar = up(0, 0.535, 0);
  const cv::Vec3d neck(pose.spine[0] * 0.8 + pose.nod, pose.spine[1], pose.spine[2]);
  chin = collar + bent({0, 0.07, 0.01}, neck);
  head = collar + bent({0, 0.16 * proportions.head, 0.03}, neck);
  for (std::size_t i = 0; i < 2; ++i) {
    const double side = i == 0 ? -1 : 1;
    shoulders[i] = up(side * 0.185 * proportions.shoulders, 0.49, 0);
    const cv::Vec3d hip_turn(0, 0, pose.spine[2] * 0.3);
    hips[i] = pelvis + bent({side * 0.09 * proportions.girth, 0, 0}, hip_turn);

    palms[i] = pose.hands[i];
    const double forearm = (kForearm + kPalm) * proportions.arms;
    elbows[i] =
        bend_joint(shoulders[i], palms[i], kUpperArm * proportions.arms, forearm, {side * 0.5, -0.6, -0.6});
    wrists[i] = palms[i] + (elbows[i] - palms[i]) * (kPalm / (kForearm + kPalm));

    ankles[i] = pose.feet[i];
    knees[i] = bend_joint(hips[i], ankles[i], kThigh * proportions.legs, kShin * proportions.legs,
                          {side * 0.12, 0.2, 1});
    toes[i] = ankles[i] + Point3d(side * 0.04, -0.035, 0.15);
  }
}

}  // namespace actionflow
