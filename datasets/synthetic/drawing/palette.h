// Colours that clothes, walls, floors and things have, each with a little of its own.
#pragma once

#include <opencv2/core.hpp>

#include "base/random.h"

namespace actionflow {

enum class Material { shirt, trousers, shoes, skin, hair, wall, floor, thing, ball };

// RGB, 0 to 255.
cv::Scalar color_of(Material material, Random& random);

}  // namespace actionflow
