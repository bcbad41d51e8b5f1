#include "nodes/results/rotation.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <utility>

#include "base/log/log.h"

namespace actionflow {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr double kSecondNsExact = 1e9;

// When the file was made, UTC; none where the file system does not keep that.
std::optional<std::int64_t> birth_ns(const fs::path& file) {
  struct statx found {};
  if (statx(AT_FDCWD, file.c_str(), 0, STATX_BTIME, &found) != 0 || !(found.stx_mask & STATX_BTIME))
    return {};
  return found.stx_btime.tv_sec * kSecondNs + found.stx_btime.tv_nsec;
}

// Up to the end of its last whole line.
std::int64_t whole_lines(const fs::path& file, std::int64_t size) {
  std::ifstream in(file, std::ios::binary);
  for (std::int64_t end = size; end > 0; --end) {
    in.seekg(end - 1);
    if (in.get() == '\n') return end;
  }
  return 0;
}

}  // namespace

void RotateOptions::describe(config::Fields<RotateOptions>& fields) {
  fields.add("size", &RotateOptions::size, "from which on a new file is begun").at_least(1000);
  fields.add("age", &RotateOptions::age, "likewise; none unless given").at_least(60);
  fields.add("keep", &RotateOptions::keep, "old files beside the one that is written").range(0, 1000);
}

Rotation::Rotation(fs::path file, const RotateOptions& options, const Clock& clock)
    : file_(std::move(file)), options_(options), clock_(clock) {}

LineOutput Rotation::open() {
  std::error_code error;
  const bool regular = fs::is_regular_file(file_, error);
  const auto size = regular ? static_cast<std::int64_t>(fs::file_size(file_, error)) : 0;
  if (size > 0 && !error) {
    bytes_ = whole_lines(file_, size);
    if (bytes_ < size) fs::resize_file(file_, static_cast<std::uintmax_t>(bytes_), error);
  }
  begun_ns_ = bytes_ > 0 ? birth_ns(file_).value_or(clock_.wall_ns()) : clock_.wall_ns();
  return LineOutput(file_, LineOutput::At::end);
}

fs::path Rotation::numbered(int number) const {
  return number == 0 ? file_ : fs::path(file_.string() + "." + std::to_string(number));
}

bool Rotation::due(std::size_t bytes) const {
  if (bytes_ == 0) return false;
  if (bytes_ + static_cast<std::int64_t>(bytes) > options_.size.bytes) return true;
  return options_.age &&
         static_cast<double>(clock_.wall_ns() - begun_ns_) >= options_.age->seconds * kSecondNsExact;
}

bool Rotation::shift() {
  std::error_code error;
  if (options_.keep == 0) fs::remove(file_, error);
  for (int number = options_.keep - 1; number >= 0 && !error; --number) {
    if (fs::exists(numbered(number), error)) fs::rename(numbered(number), numbered(number + 1), error);
  }
  if (!error) {
    complained_ = false;
    return true;
  }
  if (!std::exchange(complained_, true))
    log::error("{}: it cannot be renamed, and grows on: {}", file_.string(), error.message());
  return false;
}

void Rotation::before(LineOutput& out, std::size_t bytes) {
  if (due(bytes) && shift()) {
    LineOutput full = std::exchange(out, LineOutput(file_));
    full.finish();
    bytes_ = 0;
    begun_ns_ = clock_.wall_ns();
  }
  bytes_ += static_cast<std::int64_t>(bytes);
}

}  // namespace actionflow
