// A decoded frame as a picture in memory and as a JPEG file, upright and in its own proportions.
#pragma once

#include <string>

#include "datasets/pictures/picture.h"
#include "datasets/video/frame.h"

namespace actionflow {

// At most so many pixels wide, and never larger than the frame. Throws SourceError for a pixel format that
// cannot be converted.
RgbPicture frame_picture(const Frame& frame, int most_width);

// Its JPEG file. Throws Error (exit code 5), too, where encoding fails.
std::string frame_jpeg(const Frame& frame, int most_width);

}  // namespace actionflow
