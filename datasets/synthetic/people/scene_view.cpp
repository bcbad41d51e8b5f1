#include "datasets/synthetic/people/scene_view.h"

#include <algorithm>
#include <cmath>

namespace actionflow {

SceneView::Projected SceneView::project(cv::Point3d p) const {
  p -= middle;
  const double x = p.x * std::cos(turn) + p.z * std::sin(turn);
  const double z = p.z * std::cos(turn) - p.x * std::sin(turn);
  const double up = p.y * std::cos(pitch) - z * std::sin(pitch);
  const double nearness = z * std::cos(pitch) + p.y * std::sin(pitch);
  const double size = distance / std::max(0.5, distance - nearness);
  return {{x * size, -up * size}, nearness, size};
}

void Layers::draw(Canvas& canvas) {
  std::stable_sort(parts_.begin(), parts_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [nearness, part] : parts_) part(canvas);
}

}  // namespace actionflow
