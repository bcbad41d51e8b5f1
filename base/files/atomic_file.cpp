#include "base/files/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>

#include "base/error.h"

namespace actionflow {

namespace {

constexpr std::string_view kMark = ".tmp-";
constexpr int kMostNames = 100;

template <class N>
N or_error(N result) {
  return result < 0 ? static_cast<N>(-errno) : result;
}

constexpr mode_t kPermissions = 07777;

// Gives a file the owner, group and mode of another, as far as this process may.
int take_after(int descriptor, const struct stat& like) {
  mode_t mode = like.st_mode & kPermissions;
  const bool owned = ::fchown(descriptor, like.st_uid, like.st_gid) == 0;
  if (!owned && ::fchown(descriptor, static_cast<uid_t>(-1), like.st_gid) != 0)
    mode &= ~static_cast<mode_t>(S_IRWXG) | (mode & S_IRWXO) << 3;
  if (!owned) mode &= ~static_cast<mode_t>(S_ISUID | S_ISGID);
  return or_error(::fchmod(descriptor, mode));
}

class SystemFiles final : public FileSystem {
 public:
  int create(const std::string& path, const std::string& like) override {
    struct stat standing {};
    const bool replaces = ::stat(like.c_str(), &standing) == 0;
    // Until it has its owner and mode, nobody else may open it.
    const mode_t mode = replaces ? S_IRUSR | S_IWUSR : 0666;
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0) return -errno;
    if (const int error = replaces ? take_after(descriptor, standing) : 0; error < 0 && error != -EPERM) {
      ::close(descriptor);
      ::unlink(path.c_str());
      return error;
    }
    while (::flock(descriptor, LOCK_EX) != 0 && errno == EINTR) {
    }
    struct stat status {};
    if (::fstat(descriptor, &status) != 0 || status.st_nlink > 0) return descriptor;
    // Taken for a leftover and removed before it was locked.
    ::close(descriptor);
    return -EEXIST;
  }
  std::ptrdiff_t write(int descriptor, const void* data, std::size_t bytes) override {
    return or_error(::write(descriptor, data, bytes));
  }
  int sync(int descriptor) override { return or_error(::fsync(descriptor)); }
  int close(int descriptor) override { return or_error(::close(descriptor)); }
  int rename(const std::string& from, const std::string& to) override {
    return or_error(std::rename(from.c_str(), to.c_str()));
  }
  int remove(const std::string& path) override { return or_error(::unlink(path.c_str())); }
  int open_folder(const std::string& path) override {
    return or_error(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
};

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
}

// Drawn at random: process numbers mean nothing to another container or machine that shares the folder.
std::string temporary_beside(const std::filesystem::path& path) {
  std::random_device random;
  return path.string() + std::string(kMark) + std::to_string(random()) + "-" + std::to_string(random());
}

// Whether nobody writes it any more. Where the file system knows no locks, nobody can tell.
bool is_left_over(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool free = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
  ::close(descriptor);
  return free;
}

// A link is written through: what it names is replaced, the link stays.
std::filesystem::path behind_links(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path target =
      std::filesystem::is_symlink(path, error) ? std::filesystem::weakly_canonical(path, error) : path;
  return error ? path : target;
}

}  // namespace

FileSystem& FileSystem::system() {
  static SystemFiles files;
  return files;
}

AtomicFile::AtomicFile(const std::filesystem::path& path, FileSystem& files)
    : path_(behind_links(path)), files_(files) {
  std::error_code unknown;
  const std::filesystem::file_status standing = std::filesystem::status(path, unknown);
  if (std::filesystem::exists(standing) && !std::filesystem::is_regular_file(standing)) {
    throw Error(ExitCode::failure, path.string() +
                                       " cannot be written: it is a folder, a device or a pipe, "
                                       "expected a file");
  }
  for (int i = 0; i < kMostNames && (i == 0 || descriptor_ == -EEXIST); ++i) {
    temporary_ = temporary_beside(path_);
    descriptor_ = files_.create(temporary_, path_.string());
  }
  if (descriptor_ >= 0) return;
  temporary_.clear();  // what stands there is another's
  fail("cannot be written", -descriptor_);
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::write(const void* data, std::size_t bytes) {
  const char* at = static_cast<const char*>(data);
  while (bytes > 0) {
    const std::ptrdiff_t written = files_.write(descriptor_, at, bytes);
    if (written == -EINTR) continue;
    if (written <= 0) fail("cannot be written", written < 0 ? static_cast<int>(-written) : ENOSPC);
    at += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  if (const int error = files_.sync(descriptor_); error < 0) fail("cannot be synced", -error);
  const int closed = files_.close(std::exchange(descriptor_, -1));
  if (closed < 0 && closed != -EINTR) fail("cannot be closed", -closed);
  if (const int error = files_.rename(temporary_, path_.string()); error < 0)
    fail("cannot be replaced", -error);
  temporary_.clear();
  sync_folder();
}

void AtomicFile::sync_folder() {
  const int folder = files_.open_folder(folder_of(path_).string());
  if (folder < 0) fail("was replaced, but its folder cannot be opened to be synced", -folder);
  const int error = files_.sync(folder);
  files_.close(folder);
  // Some network file systems cannot sync a folder; they say so, and nothing is lost by going on.
  if (error < 0 && error != -EINVAL && error != -ENOTSUP) {
    fail("was replaced, but its folder cannot be synced", -error);
  }
}

void AtomicFile::fail(const char* step, int error) {
  discard();
  throw Error(ExitCode::failure, path_.string() + " " + step + ": " + std::generic_category().message(error));
}

void AtomicFile::discard() {
  if (descriptor_ >= 0) files_.close(std::exchange(descriptor_, -1));
  if (!temporary_.empty()) files_.remove(temporary_);
  temporary_.clear();
}

void replace_file(const std::filesystem::path& path, std::string_view content, FileSystem& files) {
  AtomicFile file(path, files);
  file.write(content);
  file.commit();
}

namespace {

// Whether what stands before the mark in a temporary's name is that of a file meant.
template <class IsMeant>
int remove_leftovers_of(const std::filesystem::path& folder, const IsMeant& is_meant) {
  int removed = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    const std::size_t mark = name.rfind(kMark);
    if (mark == std::string::npos || !is_meant(std::string_view(name).substr(0, mark))) continue;
    std::error_code ignored;
    if (is_left_over(it->path())) removed += std::filesystem::remove(it->path(), ignored) ? 1 : 0;
  }
  return removed;
}

}  // namespace

int remove_leftovers(const std::filesystem::path& path) {
  const std::filesystem::path target = behind_links(path);
  return remove_leftovers_of(
      folder_of(target), [own = target.filename().string()](std::string_view name) { return name == own; });
}

int remove_leftovers_in(const std::filesystem::path& folder, std::string_view suffix) {
  return remove_leftovers_of(folder, [&](std::string_view name) { return name.ends_with(suffix); });
}

}  // namespace actionflow
