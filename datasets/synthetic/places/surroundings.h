// What is behind a hand that is seen from its owner's head: rooms, walls, cloths, shelves, windows, textures.
#pragma once

#include <opencv2/core.hpp>

#include "base/random.h"

namespace actionflow {

// A still picture of this size, RGB. Equal numbers give equal pictures.
cv::Mat draw_surroundings(Random random, int width, int height);

}  // namespace actionflow
