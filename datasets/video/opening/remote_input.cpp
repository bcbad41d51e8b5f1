#include "datasets/video/opening/remote_input.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text/mask.h"
#include "datasets/video/file_stretch.h"
#include "datasets/video/opening/own_io.h"

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
  io_ = own_io<&RemoteInput::read, &RemoteInput::seek>(this, kRemoteBufferBytes);
}

// An exception does not pass through FFmpeg.
int RemoteInput::read(std::uint8_t* bytes, int size) {
  if (failure_) return AVERROR(EIO);
  const std::uint64_t wanted = std::min(static_cast<std::uint64_t>(size), size_ - std::min(size_, position_));
  if (wanted == 0) return AVERROR_EOF;
  try {
    const std::size_t count = file_.read(begin_ + position_, {bytes, wanted});
    position_ += count;
    return count == 0 ? AVERROR_EOF : static_cast<int>(count);
  } catch (...) {
    failure_ = std::current_exception();
    return AVERROR(EIO);
  }
}

std::int64_t RemoteInput::seek(std::int64_t offset, int whence) {
  const auto size = static_cast<std::int64_t>(size_);
  if ((whence & AVSEEK_SIZE) != 0) return size;
  const std::int64_t place = sought(offset, whence, static_cast<std::int64_t>(position_), size);
  if (place >= 0) position_ = static_cast<std::uint64_t>(place);
  return place;
}

}  // namespace actionflow
