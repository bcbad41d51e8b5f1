// Where a training clip's pixels come from in the kept frames: crop, scale, rotation, translation, mirror.
#pragma once

#include <cstdint>

#include "base/random.h"
#include "datasets/pictures/warp.h"
#include "datasets/recordings/video_frames.h"

namespace actionflow {

struct AugmentOptions;

// One clip's geometry. Shares count in the kept frame's width and height; {} shows the whole of it.
struct Geometry {
  double width = 1, height = 1;  // of the kept frame that the output shows
  double x = 0, y = 0;           // the output's middle, to the right of and below the kept frame's
  double degrees = 0;            // the picture turns clockwise by this
  bool mirrored = false;

  // Output pixels to kept pixels.
  Affine map(const FrameForm& kept, int output_height, int output_width) const;
};

// Draws all but the mirror. Crops lie inside the kept frame; those drawn larger than it contain it. Ten
// draws are made for a crop that fits, as torchvision's RandomResizedCrop does, the last is cut to fit.
// A turn is one of kept pixels: where the form stretches pictures it shears them a little.
Geometry draw_geometry(const AugmentOptions& options, std::uint64_t seed, std::uint32_t epoch,
                       std::uint64_t sample);

}  // namespace actionflow
