#include "pipeline/run/process/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/hash.h"
#include "base/log/log.h"

namespace actionflow {

FileWatch::FileWatch(std::filesystem::path file) : file_(std::move(file)) {
  const std::filesystem::path folder = std::filesystem::absolute(file_).parent_path();
  Descriptor watch(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (watch && inotify_add_watch(watch.get(), folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) >= 0) {
    descriptor_ = std::move(watch);
  } else {
    log::warn("{}: cannot be watched for changes ({}); send SIGHUP to have it read anew", file_.string(),
              std::strerror(errno));
  }
  content_ = content();
}

bool FileWatch::take_change() {
  std::array<char, 4096> events{};
  while (descriptor_ && ::read(descriptor_.get(), events.data(), events.size()) > 0) {
  }
  const auto now = content();
  if (!now || now == content_) return false;
  content_ = now;
  return true;
}

std::optional<std::uint64_t> FileWatch::content() const {
  std::ifstream file(file_, std::ios::binary);
  if (!file) return {};
  std::array<char, 1 << 14> bytes{};
  std::uint64_t hashed = kFnvStart;
  while (file.read(bytes.data(), bytes.size()) || file.gcount() > 0)
    hashed = fnv1a({bytes.data(), static_cast<std::size_t>(file.gcount())}, hashed);
  return file.bad() ? std::nullopt : std::optional(hashed);
}

}  // namespace actionflow
