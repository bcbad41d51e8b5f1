// How a picture as coded is turned and mirrored to stand as its camera meant it.
#pragma once

#include <array>
#include <cstdint>

namespace actionflow {

// One of the eight ways in which a picture's rows and columns can lie: transposed first, then mirrored.
//
//   shown(x, y) = coded(x', y'), (x', y') = transposed ? (v, u) : (u, v),
//   u = mirrored_x ? width − 1 − x : x,   v = mirrored_y ? height − 1 − y : y,   of the shown picture.
struct Orientation {
  bool transposed = false;
  bool mirrored_x = false;  // left and right of the shown picture
  bool mirrored_y = false;  // its top and bottom

  bool operator==(const Orientation&) const = default;

  // Clockwise turns of 0, 90, 180 or 270 degrees.
  static Orientation turned(int degrees);
};

// A display matrix as containers, H.264 and EXIF give it to FFmpeg (libavutil/display.h), which its program
// follows alike. One that is no multiple of a quarter is taken to the nearest. nullptr: upright.
Orientation orientation_of(const std::int32_t* display_matrix);
// The display matrix of it, nine numbers.
std::array<std::int32_t, 9> display_matrix(const Orientation& orientation);

}  // namespace actionflow
