// What FFmpeg reads by asking an object of ours.
#pragma once

#include <cstdint>
#include <cstdio>
#include <new>

#include "datasets/video/ffmpeg.h"

namespace actionflow {

// Asks `self` by its `int read(std::uint8_t* bytes, int size)` and `std::int64_t seek(std::int64_t offset,
// int whence)`, which answer as FFmpeg's callbacks do and throw nothing. `self` must outlive it and stay in
// its place.
template <auto read, auto seek, class Self>
UniqueOwnIo own_io(Self* self, int buffer_bytes, bool seekable = true) {
  auto* buffer = static_cast<unsigned char*>(av_malloc(static_cast<std::size_t>(buffer_bytes)));
  if (!buffer) throw std::bad_alloc();
  using SeekFunction = std::int64_t (*)(void*, std::int64_t, int);
  const SeekFunction seek_function = [](void* object, std::int64_t offset, int whence) {
    return (static_cast<Self*>(object)->*seek)(offset, whence);
  };
  UniqueOwnIo io(avio_alloc_context(
      buffer, buffer_bytes, 0, self,
      [](void* object, std::uint8_t* bytes, int size) {
        return (static_cast<Self*>(object)->*read)(bytes, size);
      },
      nullptr, seekable ? seek_function : nullptr));
  if (!io) {
    av_free(buffer);
    throw std::bad_alloc();
  }
  return io;
}

// Where a seek leads to in `size` bytes, from `position`; may lie beyond their end. Negative: FFmpeg's error.
inline std::int64_t sought(std::int64_t offset, int whence, std::int64_t position, std::int64_t size) {
  const int from = whence & ~AVSEEK_FORCE;
  if (from == SEEK_CUR) offset += position;
  if (from == SEEK_END) offset += size;
  return offset < 0 ? AVERROR(EINVAL) : offset;
}

}  // namespace actionflow
