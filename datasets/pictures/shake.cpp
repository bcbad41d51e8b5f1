#include "datasets/pictures/shake.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace actionflow {

namespace {

constexpr double kSlowest = 0.3, kFastest = 2.5;  // turns a second
constexpr double kLooksASecond = 30;              // for the greatest distance
constexpr double kMostLooks = 900;

}  // namespace

ShakePath::ShakePath(Random& random, double reach, double seconds)
    : x_(draw(random, reach, seconds)), y_(draw(random, reach, seconds)) {}

double ShakePath::Axis::at(double seconds) const {
  double sum = 0;
  for (const Sway& sway : sways)
    sum += std::sin(2 * std::numbers::pi * sway.turns_a_second * seconds + sway.phase);
  return scale * sum;
}

ShakePath::Axis ShakePath::draw(Random& random, double reach, double seconds) {
  Axis axis;
  for (Sway& sway : axis.sways) {
    sway.turns_a_second = random.uniform(kSlowest, kFastest);
    sway.phase = random.uniform(0, 2 * std::numbers::pi);
  }
  double greatest = 0;
  const double looks = std::clamp(seconds * kLooksASecond, 1.0, kMostLooks);
  for (int i = 0; i <= static_cast<int>(looks); ++i)
    greatest = std::max(greatest, std::abs(axis.at(i / looks * seconds)));
  axis.scale = greatest > 0 ? reach / greatest : 0;
  return axis;
}

}  // namespace actionflow
