#include "nodes/results/line_output.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace actionflow {

namespace {

bool ignores_sigpipe() {
  struct sigaction present {};
  sigaction(SIGPIPE, nullptr, &present);
  return present.sa_handler == SIG_IGN;
}

}  // namespace

LineOutput::LineOutput(const std::filesystem::path& file, At at)
    : descriptor_(
          open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (at == At::beginning ? O_TRUNC : 0), 0666)),
      name_(file.string()),
      own_(true) {
  if (descriptor_ < 0)
    throw UsageError(name_ + ": cannot be written, expected a folder that exists and is writable");
  if (at == At::end) whole_ = std::max<std::int64_t>(0, lseek(descriptor_, 0, SEEK_END));
}

LineOutput::LineOutput(LineOutput&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      own_(other.own_),
      whole_(other.whole_) {}

LineOutput& LineOutput::operator=(LineOutput&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(name_, other.name_);
  std::swap(own_, other.own_);
  std::swap(whole_, other.whole_);
  return *this;
}

LineOutput::~LineOutput() {
  if (own_ && descriptor_ >= 0) close(descriptor_);
}

void LineOutput::write(std::string_view text) {
  put(text);
  whole_ += static_cast<std::int64_t>(text.size());
}

void LineOutput::commit(std::string_view text) {
  // What cannot seek is no regular file, and is not read again.
  if (text.empty() || lseek(descriptor_, whole_ + 1, SEEK_SET) < 0) return write(text);
  put(text.substr(1));
  lseek(descriptor_, whole_, SEEK_SET);
  put(text.substr(0, 1));
  whole_ += static_cast<std::int64_t>(text.size());
  lseek(descriptor_, whole_, SEEK_SET);
}

void LineOutput::put(std::string_view text) {
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t count = ::write(descriptor_, left.data(), left.size());
    if (count >= 0) {
      left.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    const int error = errno;
    // Nobody reads it any more, and the signal for that ends the run.
    if (error == EPIPE && !own_ && !ignores_sigpipe()) return;
    // Where it is no regular file both fail, and there is nothing to cut back.
    if (own_ && ftruncate(descriptor_, whole_) == 0) lseek(descriptor_, whole_, SEEK_SET);
    fail(error);
  }
}

bool LineOutput::is_terminal() const { return isatty(descriptor_) == 1; }

void LineOutput::finish() {
  if (!own_ || descriptor_ < 0) return;
  if (close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail(errno);
}

void LineOutput::fail(int error) const {
  throw Error(ExitCode::failure, name_ + ": results cannot be written: " + std::strerror(error));
}

}  // namespace actionflow
