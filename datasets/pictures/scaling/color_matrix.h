// A picture's components to red, green, blue and luma, as its colour description says.
#pragma once

#include "datasets/pictures/scaling/scale_kernels.h"
#include "datasets/video/ffmpeg.h"

namespace actionflow {

enum class ColorModel { yuv, rgb, gray };

// Which components a pixel format has: Y, U, V; R, G, B; or Y alone.
ColorModel color_model(AVPixelFormat format);

// Full range, 0…255, from components of 8 bits. Luma is Y' of a YUV or gray picture, and BT.601's sum
// of R', G' and B' (0.299, 0.587, 0.114) for an RGB one.
struct ColorTransform {
  ColorRow rgb[3];
  ColorRow luma;
};

// Matrix and range are the picture's. Where it does not say: BT.709 from 720 coded lines on and
// BT.601 below; limited range for YUV, full for the yuvj formats, gray and RGB. BT.2020 with constant
// luminance counts as without; transfer curves and primaries are left as they are.
ColorTransform color_transform(const AVFrame& picture);

}  // namespace actionflow
