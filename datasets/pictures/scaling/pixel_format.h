// Pixel formats: which of them are scaled as they are, and what becomes of the others.
#pragma once

#include "datasets/video/ffmpeg.h"

namespace actionflow {

// Whether every component is one byte in memory, planar or packed, with or without alpha.
bool has_plain_bytes(AVPixelFormat format);

// The format with plain bytes that comes next to it: the same subsampling for YUV, gray8, rgb24.
AVPixelFormat plain_format(AVPixelFormat format);

// Pictures of other formats (more bits, palettes, bit fields) to plain bytes of the same size, through
// libswscale. Keeps its tables for the last format and size. Not thread-safe.
class PlainFormatConverter {
 public:
  // The picture in plain_format() with the same colour description; valid until the next call.
  // Throws SourceError where it cannot be converted.
  const AVFrame& convert(const AVFrame& picture);

 private:
  void prepare(const AVFrame& picture);

  UniqueScaler scaler_;
  UniqueFrame result_;
  int format_ = AV_PIX_FMT_NONE, width_ = 0, height_ = 0;
};

}  // namespace actionflow
