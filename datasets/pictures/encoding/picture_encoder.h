// One picture through one of FFmpeg's encoders, for the formats beside it.
#pragma once

#include <string>

#include "datasets/video/ffmpeg.h"

namespace actionflow {

// A frame with room for the pixels. Throws std::bad_alloc.
UniqueFrame new_picture(AVPixelFormat format, int width, int height);

// What the encoder makes of a frame of new_picture()'s: the bytes of a file, the same for the same pixels.
// `quality`: of formats that lose something, 2 (best) to 31. Throws Error (exit code 5).
std::string encode_picture(AVCodecID codec, AVFrame& frame, int quality = 0);

}  // namespace actionflow
