#include "base/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
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

class SystemFiles final : public FileSystem {
 public:
  int create(const std::string& path) override {
    return or_error(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
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

// Processes of several containers may have one number, and a process that of one before it.
const std::string& word_of_process() {
  static const std::string word = std::to_string(std::random_device()());
  return word;
}

std::string temporary_beside(const std::filesystem::path& path) {
  static std::atomic<unsigned> number{0};
  return path.string() + std::string(kMark) + std::to_string(::getpid()) + "-" + word_of_process() + "-" +
         std::to_string(number++);
}

// Whether "PID-WORD-N" is of a process that is no more. What has our number and another word is so too.
bool is_left_over(std::string_view name) {
  pid_t process = 0;
  const auto [stop, bad] = std::from_chars(name.data(), name.data() + name.size(), process);
  if (bad != std::errc() || stop == name.data() + name.size() || *stop != '-' || process <= 0) return false;
  if (process == ::getpid())
    return !name.substr(static_cast<std::size_t>(stop + 1 - name.data()))
                .starts_with(word_of_process() + "-");
  return ::kill(process, 0) != 0 && errno == ESRCH;
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
    descriptor_ = files_.create(temporary_);
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

int remove_leftovers(const std::filesystem::path& path) {
  const std::filesystem::path target = behind_links(path);
  const std::string prefix = target.filename().string() + std::string(kMark);
  int removed = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder_of(target), error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(prefix) || !is_left_over(std::string_view(name).substr(prefix.size()))) continue;
    std::error_code ignored;
    removed += std::filesystem::remove(it->path(), ignored) ? 1 : 0;
  }
  return removed;
}

}  // namespace actionflow
