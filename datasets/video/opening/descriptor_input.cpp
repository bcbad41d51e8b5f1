#include "datasets/video/opening/descriptor_input.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "datasets/video/opening/own_io.h"

namespace actionflow {

namespace {
constexpr int kBufferBytes = 1 << 16;
constexpr int kPollMs = 50;
}  // namespace

std::unique_ptr<DescriptorInput> DescriptorInput::open_file(const std::string& path, IoDeadline& deadline) {
  // Without O_NONBLOCK a named pipe would hang here until somebody writes to it.
  const std::optional<FileStretch> stretch = file_stretch(path);
  const int descriptor =
      ::open(stretch ? stretch->file.c_str() : path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const int error = errno;
    const std::string shown = without_credentials(path);
    if (error == EACCES) throw SourceError(shown + ": permission denied; make it readable for this user");
    throw SourceError(shown + ": cannot be opened: " + std::strerror(error));
  }
  std::unique_ptr<DescriptorInput> input(new DescriptorInput(descriptor, true, deadline));
  if (stretch) input->keep_to(*stretch);
  if (input->regular_ && input->size_ == 0)
    throw SourceError(without_credentials(path) + ": is empty (0 bytes); fetch or record it again");
  return input;
}

std::unique_ptr<DescriptorInput> DescriptorInput::standard_input(IoDeadline& deadline) {
  return std::unique_ptr<DescriptorInput>(new DescriptorInput(STDIN_FILENO, false, deadline));
}

DescriptorInput::DescriptorInput(int descriptor, bool owned, IoDeadline& deadline)
    : descriptor_(descriptor), owned_(owned), deadline_(deadline) {
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
    regular_ = true;
    size_ = status.st_size;
  }
  io_ = own_io<&DescriptorInput::read, &DescriptorInput::seek>(this, kBufferBytes, regular_);
}

DescriptorInput::~DescriptorInput() {
  if (owned_) ::close(descriptor_);
}

void DescriptorInput::keep_to(const FileStretch& stretch) {
  const auto offset = static_cast<std::int64_t>(stretch.offset),
             size = static_cast<std::int64_t>(stretch.size);
  if (!regular_ || offset + size > size_)
    throw SourceError(without_credentials(stretch.name()) +
                      ": lies beyond the archive's end; it has changed or is cut short");
  begin_ = offset;
  size_ = size;
  stretch_ = true;
}

std::int64_t DescriptorInput::read_file(std::uint8_t* buffer, int size) {
  const std::int64_t wanted =
      stretch_ ? std::min<std::int64_t>(size, size_ - std::min(size_, position_)) : size;
  const ssize_t count = ::pread(descriptor_, buffer, static_cast<std::size_t>(wanted), begin_ + position_);
  if (count > 0) position_ += count;
  return count;
}

bool DescriptorInput::wait_readable() {
  while (!deadline_.fired()) {
    pollfd waiting{descriptor_, POLLIN, 0};
    const int result = ::poll(&waiting, 1, kPollMs);
    if (result > 0 || (result < 0 && errno != EINTR)) return true;
  }
  return false;
}

int DescriptorInput::read(std::uint8_t* buffer, int size) {
  for (;;) {
    if (regular_ ? deadline_.fired() : !wait_readable()) return AVERROR_EXIT;
    const std::int64_t count =
        regular_ ? read_file(buffer, size) : ::read(descriptor_, buffer, static_cast<std::size_t>(size));
    if (count > 0) return static_cast<int>(count);
    if (count == 0) return AVERROR_EOF;
    if (errno == EINTR || errno == EAGAIN) continue;
    read_error_ = errno;
    return AVERROR(read_error_);
  }
}

std::int64_t DescriptorInput::seek(std::int64_t offset, int whence) {
  if (whence & AVSEEK_SIZE) return size_;
  const std::int64_t place = sought(offset, whence, position_, size_);
  if (place >= 0) position_ = place;
  return place;
}

}  // namespace actionflow
