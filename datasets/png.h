// Pictures as PNG (ISO/IEC 15948), for reports and sheets.
#pragma once

#include <cstdint>
#include <string>

namespace actionflow {

// The file's bytes. `pixels`: height × width × channels bytes, rows without gaps; 1 channel is gray, 3 are
// R, G, B. Throws Error (exit code 5) where FFmpeg has no PNG encoder, and UsageError for other channels.
std::string encode_png(const std::uint8_t* pixels, int width, int height, int channels = 3);

}  // namespace actionflow
