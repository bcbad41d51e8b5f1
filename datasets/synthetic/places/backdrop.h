// What is behind people: walls, rooms, textures, clutter and the outdoors.
#pragma once

#include "base/random.h"
#include "datasets/synthetic/drawing/canvas.h"

namespace actionflow {

// Where the wall ends and the floor begins, as a share of the height.
inline constexpr double kFloorLine = 0.68;

// Whether the background of these numbers is under the sky.
bool is_outdoors(Random random);

// A still picture of this size. Equal numbers give equal pictures.
cv::Mat draw_background(Random random, int width, int height);

}  // namespace actionflow
