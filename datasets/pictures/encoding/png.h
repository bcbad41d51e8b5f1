#pragma once

#include <string>

#include "datasets/pictures/picture.h"

namespace actionflow {

// The bytes of a PNG file, the same for the same picture. Throws Error (exit code 5) where FFmpeg's encoder
// fails.
std::string encode_png(const RgbPicture& picture);

}  // namespace actionflow
