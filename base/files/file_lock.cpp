#include "base/files/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>

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
  if (!lock.descriptor_) refuse(file, " cannot be written: ", errno);
  while (::flock(lock.descriptor_.get(), operation) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) refuse(file, " cannot be locked: ", errno);
  }
  return lock;
}

}  // namespace actionflow
