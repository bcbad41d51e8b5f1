#include "base/files/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace actionflow {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const char* what, int error) {
  throw Error(ExitCode::failure, file.string() + what + std::generic_category().message(error));
}

}  // namespace

FileLock FileLock::wait(const std::filesystem::path& file) { return *take(file, LOCK_EX); }

std::optional<FileLock> FileLock::try_take(const std::filesystem::path& file) {
  return take(file, LOCK_EX | LOCK_NB);
}

std::optional<FileLock> FileLock::take(const std::filesystem::path& file, int operation) {
  FileLock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (lock.descriptor_ < 0) refuse(file, " cannot be written: ", errno);
  while (::flock(lock.descriptor_, operation) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) refuse(file, " cannot be locked: ", errno);
  }
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

}  // namespace actionflow
