#include "base/files/name_locks.h"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/hash.h"

namespace actionflow {

namespace {

// Locks of an open file, not of a process (fcntl(2), F_OFD_SETLK).
int set_lock(int descriptor, std::string_view name, short kind) {
  struct flock lock {};
  lock.l_type = kind;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(fnv1a(name) >> 2U);  // well below the greatest offset
  lock.l_len = 1;
  int result = 0;
  do {
    result = ::fcntl(descriptor, F_OFD_SETLK, &lock);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

}  // namespace

NameLocks::NameLocks(const std::filesystem::path& file)
    : file_(file), descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (!descriptor_)
    throw Error(ExitCode::failure,
                file.string() + " cannot be written: " + std::generic_category().message(errno));
}

bool NameLocks::try_take(std::string_view name) {
  const int error = set_lock(descriptor_.get(), name, F_WRLCK);
  if (error == 0) return true;
  if (error == EAGAIN || error == EACCES) return false;
  throw Error(ExitCode::failure,
              file_.string() + " cannot be locked: " + std::generic_category().message(error));
}

void NameLocks::release(std::string_view name) noexcept { set_lock(descriptor_.get(), name, F_UNLCK); }

}  // namespace actionflow
