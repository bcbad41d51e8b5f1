#include "datasets/video/orientation.h"

#include <cmath>

namespace actionflow {

Orientation Orientation::turned(int degrees) {
  switch (degrees) {
    case 90:
      return {.transposed = true, .mirrored_x = true, .mirrored_y = false};
    case 180:
      return {.transposed = false, .mirrored_x = true, .mirrored_y = true};
    case 270:
      return {.transposed = true, .mirrored_x = false, .mirrored_y = true};
    default:
      return {};
  }
}

// A pixel of the coded picture at (x, y) is shown at (a·x + c·y, b·x + d·y), moved into view.
Orientation orientation_of(const std::int32_t* display_matrix) {
  if (!display_matrix) return {};
  const double a = display_matrix[0], b = display_matrix[1];
  const double c = display_matrix[3], d = display_matrix[4];
  if (std::hypot(a, c) == 0 || std::hypot(b, d) == 0) return {};  // of no extent: damaged
  if (std::abs(b) + std::abs(c) > std::abs(a) + std::abs(d)) return {true, c < 0, b < 0};
  return {false, a < 0, d < 0};
}

std::array<std::int32_t, 9> display_matrix(const Orientation& orientation) {
  constexpr std::int32_t kOne = 1 << 16, kLastOne = 1 << 30;  // of 16.16 and 2.30 bits
  const std::int32_t x = orientation.mirrored_x ? -kOne : kOne;
  const std::int32_t y = orientation.mirrored_y ? -kOne : kOne;
  if (orientation.transposed) return {0, y, 0, x, 0, 0, 0, 0, kLastOne};
  return {x, 0, 0, 0, y, 0, 0, 0, kLastOne};
}

}  // namespace actionflow
