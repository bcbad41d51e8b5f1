// Where an output's pixels come from in the picture as coded: resize mode, crop, sample aspect and
// orientation made into one span an axis and a walk over the output.
#pragma once

#include <cstddef>

#include "base/tensor/input_spec.h"
#include "datasets/pictures/scaling/scale_axis.h"
#include "datasets/video/frame.h"

namespace actionflow {

struct UprightPlan {
  AxisSpan x, y;  // along the coded picture's axes
  // Output pixel of (x.outputs, y.outputs) position (i, j): start + i·step_x + j·step_y, in pixels of
  // the row-by-row output.
  std::ptrdiff_t start = 0, step_x = 1, step_y = 0;
};

// - stretch: the whole picture to height × width.
// - short_side: the shown picture is scaled so that its shorter side is resize.size (0: the smaller of
//   height and width), the longer one in proportion, rounded down; then a centre crop, its margin
//   rounded half to even, as torchvision does. A picture that would be smaller than the crop is scaled
//   up until the crop fits.
// - fit: the shown picture is scaled, up or down, until it just fits into height × width, its other side
//   in proportion, rounded down; it stands in the middle, an odd pixel of margin below or to the right.
//   The walk then covers the picture only: what lies around it is left to the caller, to be black.
UprightPlan plan_upright(const InputSpec& spec, const Frame& frame);

}  // namespace actionflow
