#include "datasets/recordings/source_fingerprint.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "base/error.h"
#include "base/remote/remote_file.h"
#include "base/text/remote_name.h"
#include "datasets/video/file_stretch.h"

namespace actionflow {

namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;    // golden ratio
constexpr std::uint64_t kOther = 0xD1B54A32D192ED03;  // √3 − 1 and the like; odd, half its bits set

struct stat status_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    throw SourceError(path.string() + ": " + std::generic_category().message(errno));
  return status;
}

std::int64_t modified_ns(const struct stat& status) {
  return status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec;
}

SourceFingerprint of_folder(const std::filesystem::path& folder) {
  SourceFingerprint all;
  all.folder = true;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    struct stat status {};
    if (::stat(it->path().c_str(), &status) != 0) continue;
    const std::string name = it->path().filename().string();
    const std::array<std::int64_t, 2> numbers{static_cast<std::int64_t>(status.st_size), modified_ns(status)};
    all.bytes += static_cast<std::uint64_t>(status.st_size);
    all.modified_ns = std::max(all.modified_ns, numbers[1]);
    // A sum, since the system lists files in any order.
    all.files += checksum(name.data(), name.size(), checksum(numbers.data(), sizeof numbers));
  }
  if (error) throw SourceError(folder.string() + ": the folder cannot be read: " + error.message());
  return all;
}

SourceFingerprint of_remote(const std::filesystem::path& address) {
  const RemoteFile file(address.string(), {.first_block = 1});
  const std::uint64_t version = checksum(file.version().data(), file.version().size());
  return {file.size(), static_cast<std::int64_t>(version), 1, false};
}

std::uint64_t stirred(std::uint64_t state, std::uint64_t word) {
  return std::rotl(state + word * kOther, 31) * kOdd;
}

}  // namespace

SourceFingerprint fingerprint_of(const std::filesystem::path& path) {
  if (const auto stretch = file_stretch(path.native())) return fingerprint_of(stretch->file);
  if (is_remote(path.native())) return of_remote(path);
  const struct stat status = status_of(path);
  if (S_ISDIR(status.st_mode)) return of_folder(path);
  return {static_cast<std::uint64_t>(status.st_size), modified_ns(status), 1, false};
}

std::uint64_t checksum(const void* data, std::size_t bytes, std::uint64_t seed) {
  const auto* at = static_cast<const unsigned char*>(data);
  // Four lanes, so that one product need not wait for the last.
  std::array<std::uint64_t, 4> lanes{seed + kOdd, seed ^ kOther, seed + bytes, ~seed};
  const std::size_t blocks = bytes / sizeof lanes;
  for (std::size_t block = 0; block < blocks; ++block, at += sizeof lanes) {
    std::array<std::uint64_t, 4> words{};
    std::memcpy(words.data(), at, sizeof words);
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) lanes[lane] = stirred(lanes[lane], words[lane]);
  }
  std::array<std::uint64_t, 4> rest{};
  if (bytes % sizeof rest != 0) std::memcpy(rest.data(), at, bytes % sizeof rest);
  std::uint64_t sum = bytes;
  for (std::size_t lane = 0; lane < lanes.size(); ++lane)
    sum = stirred(sum, stirred(lanes[lane], rest[lane]) ^ (lane + 1));
  return sum ^ (sum >> 29);
}

}  // namespace actionflow
