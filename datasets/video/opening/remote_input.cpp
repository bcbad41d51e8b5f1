#include "datasets/video/opening/remote_input.h"

#include <algorithm>
#include <cstdio>
#include <new>
#include <utility>

#include "base/error.h"
#include "base/text/mask.h"
#include "datasets/video/file_stretch.h"

namespace actionflow {

namespace {

constexpr int kRemoteBufferBytes = 1 << 16;

}  // namespace

std::unique_ptr<RemoteInput> RemoteInput::open(const std::string& name, double silence,
                                               IoDeadline& deadline) {
  const std::optional<FileStretch> stretch = file_stretch(name);
  RemoteFile file(stretch ? stretch->file : name,
                  {.most_whole = 0, .silence = silence, .stopped = [&deadline] { return deadline.fired(); }});
  if (!file.ranged()) return nullptr;
  const std::string shown = without_credentials(name);
  if (file.size() == 0) throw SourceError(shown + ": is empty (0 bytes); upload it again");
  if (stretch && stretch->offset + stretch->size > file.size())
    throw SourceError(shown + ": lies beyond the archive's end; it has changed or is cut short");
  const std::uint64_t begin = stretch ? stretch->offset : 0;
  const std::uint64_t size = stretch ? stretch->size : file.size();
  return std::unique_ptr<RemoteInput>(new RemoteInput(std::move(file), begin, size));
}

RemoteInput::RemoteInput(RemoteFile file, std::uint64_t begin, std::uint64_t size)
    : file_(std::move(file)), begin_(begin), size_(size) {
  auto* buffer = static_cast<unsigned char*>(av_malloc(kRemoteBufferBytes));
  if (!buffer) throw std::bad_alloc();
  const auto read_function = [](void* self, std::uint8_t* bytes, int count) {
    return static_cast<RemoteInput*>(self)->read(bytes, count);
  };
  const auto seek_function = [](void* self, std::int64_t offset, int whence) {
    return static_cast<RemoteInput*>(self)->seek(offset, whence);
  };
  io_.reset(avio_alloc_context(buffer, kRemoteBufferBytes, 0, this, read_function, nullptr, seek_function));
  if (!io_) {
    av_free(buffer);
    throw std::bad_alloc();
  }
}

// An exception does not pass through FFmpeg.
int RemoteInput::read(std::uint8_t* bytes, int size) {
  if (!failure_.empty()) return AVERROR(EIO);
  const std::uint64_t wanted = std::min(static_cast<std::uint64_t>(size), size_ - std::min(size_, position_));
  if (wanted == 0) return AVERROR_EOF;
  try {
    const std::size_t count = file_.read(begin_ + position_, {bytes, wanted});
    position_ += count;
    return count == 0 ? AVERROR_EOF : static_cast<int>(count);
  } catch (const std::exception& error) {
    failure_ = error.what();
    return AVERROR(EIO);
  }
}

std::int64_t RemoteInput::seek(std::int64_t offset, int whence) {
  const auto size = static_cast<std::int64_t>(size_);
  if ((whence & AVSEEK_SIZE) != 0) return size;
  const int from = whence & ~AVSEEK_FORCE;
  if (from == SEEK_CUR) offset += static_cast<std::int64_t>(position_);
  if (from == SEEK_END) offset += size;
  if (offset < 0) return AVERROR(EINVAL);
  position_ = static_cast<std::uint64_t>(offset);
  return offset;
}

}  // namespace actionflow
