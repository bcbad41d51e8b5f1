#include "datasets/video/frame_bytes.h"

#include "datasets/video/ffmpeg.h"

namespace actionflow {

std::int64_t frame_bytes(const Frame& frame) {
  std::int64_t bytes = 0;
  if (frame)
    for (const AVBufferRef* buffer : frame.picture()->buf)
      if (buffer) bytes += static_cast<std::int64_t>(buffer->size);
  return bytes;
}

}  // namespace actionflow
