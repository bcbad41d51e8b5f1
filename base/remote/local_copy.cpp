#include "base/remote/local_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <mutex>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/file_lock.h"
#include "base/files/make_room.h"
#include "base/hash.h"
#include "base/log/log.h"
#include "base/remote/remote_file.h"
#include "base/remote/server_patience.h"
#include "base/text/lower_case.h"
#include "base/text/mask.h"
#include "base/text/remote_name.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr double kBytesInGigabyte = 1e9;
constexpr double kGigabytes = 10;
constexpr std::size_t kStepBytes = std::size_t{1} << 20;
constexpr std::uint64_t kWorthALine = std::uint64_t{32} << 20;
constexpr std::uint64_t kLocks = 64;           // files that different copies share
constexpr std::uint64_t kRecountedParts = 64;  // of the limit, fetched before all is counted anew

fs::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return value && *value != '\0' ? fs::path(value) : fs::path();
  };
  if (fs::path own = variable("ACTIONFLOW_CACHE"); !own.empty()) return own;
  if (const fs::path caches = variable("XDG_CACHE_HOME"); !caches.empty()) return caches / "actionflow";
  if (const fs::path home = variable("HOME"); !home.empty()) return home / ".cache/actionflow";
  return fs::temp_directory_path() / "actionflow";
}

std::uint64_t size_limit() {
  const char* text = std::getenv("ACTIONFLOW_CACHE_GB");
  char* end = nullptr;
  const double gigabytes = text ? std::strtod(text, &end) : kGigabytes;
  if (text && (end == text || *end != '\0' || !(gigabytes >= 0 && gigabytes <= 1e6)))
    throw UsageError(fmt::format("ACTIONFLOW_CACHE_GB is '{}', expected gigabytes from 0 to 1e6: 10", text));
  return static_cast<std::uint64_t>(gigabytes * kBytesInGigabyte);
}

// "best.safetensors" of "https://host/runs/best.safetensors?X=1"; a key in a bucket may hold anything.
std::string own_name(const std::string& address) {
  const bool bucket = lower_case(address.substr(0, 2)) == "s3";
  const std::string path = bucket ? address : address.substr(0, address.find_first_of("?#"));
  return path.substr(path.rfind('/') + 1);
}

template <class Take>
void each_piece(const std::string& address, RemoteFile& file, const Take& take) {
  if (!file.sized())
    throw SourceError(
        without_credentials(address) +
        ": the server does not say how long the file is, and it is empty or longer than 16 MiB");
  std::vector<std::uint8_t> piece(
      std::min<std::uint64_t>(kStepBytes, std::max<std::uint64_t>(1, file.size())));
  for (std::uint64_t offset = 0; offset < file.size();) {
    const std::size_t count = file.read(offset, piece);
    take(std::string_view(reinterpret_cast<const char*>(piece.data()), count));
    offset += count;
  }
}

// Each in a folder of its own, for its name's sake.
std::vector<KeptFile> copies_in(const fs::path& cache) {
  std::vector<KeptFile> copies;
  std::error_code error;
  for (fs::directory_iterator it(cache, error), end; !error && it != end; it.increment(error)) {
    KeptFile copy{it->path(), 0, fs::file_time_type::min()};
    std::error_code gone;
    for (fs::directory_iterator file(copy.path, gone), none; !gone && file != none; file.increment(gone)) {
      std::error_code unknown;
      copy.bytes += fs::file_size(file->path(), unknown);
      copy.used = std::max(copy.used, fs::last_write_time(file->path(), unknown));
    }
    if (!gone && copy.bytes > 0) copies.push_back(copy);  // else one that is being begun
  }
  return copies;
}

std::string key_of(const std::string& address, const RemoteFile& file) {
  return fmt::format("{:016x}", fnv1a(fmt::format("{}\n{}\n{}", address, file.version(), file.size())));
}

// The one that was just made is held, however large it is. Counting many takes a while.
void keep_limit(const fs::path& cache, const fs::path& newest, std::uint64_t bytes, std::uint64_t limit) {
  static std::atomic<std::uint64_t> fetched{std::numeric_limits<std::uint64_t>::max() / 2};
  if (fetched.fetch_add(bytes) + bytes < limit / kRecountedParts) return;
  fetched = 0;
  std::vector<KeptFile> others;
  for (KeptFile& copy : copies_in(cache)) {
    if (copy.path == newest)
      limit -= std::min(limit, copy.bytes);
    else
      others.push_back(std::move(copy));
  }
  make_room(std::move(others), limit);
}

// The copy of what `remote` is open on, fetched where it is not there yet.
fs::path fetched_copy(const std::string& address, RemoteFile& remote) {
  const fs::path cache = cache_folder();
  const std::string key = key_of(address, remote);
  const fs::path folder = cache / key;
  fs::path copy = folder / own_name(address);
  std::error_code error;
  fs::create_directories(cache, error);
  if (error) throw Error(ExitCode::failure, cache.string() + " cannot be made: " + error.message());
  const FileLock lock = FileLock::wait(cache / fmt::format("lock-{:02}", fnv1a(key) % kLocks));
  fs::create_directories(folder, error);
  if (error) throw Error(ExitCode::failure, folder.string() + " cannot be made: " + error.message());
  if (fs::file_size(copy, error) == remote.size() && !error && !remote.version().empty()) {
    fs::last_write_time(copy, fs::file_time_type::clock::now(), error);
    return copy;
  }
  if (remote.size() >= kWorthALine)
    log::info("{}: {} MB are fetched", without_credentials(address), remote.size() / 1'000'000);
  AtomicFile written(copy);
  each_piece(address, remote, [&](std::string_view piece) { written.write(piece); });
  written.commit();
  keep_limit(cache, folder, remote.size(), size_limit());
  return copy;
}

}  // namespace

void check_cache_size() { static_cast<void>(size_limit()); }

std::string read_remote(const std::string& address, std::uint64_t most_bytes) {
  RemoteFile file(address);
  if (file.size() > most_bytes)
    throw SourceError(fmt::format("{}: has {} bytes, expected at most {}", without_credentials(address),
                                  file.size(), most_bytes));
  std::string text;
  text.reserve(file.size());
  each_piece(address, file, [&](std::string_view piece) { text += piece; });
  return text;
}

fs::path local_copy(const fs::path& file) {
  const std::string address = file.string();
  if (!is_remote(address)) return file;
  RemoteFile remote(address, {.first_block = 1});
  return fetched_copy(address, remote);
}

std::optional<fs::path> copy_where_room(const std::string& address) {
  RemoteFile remote(address, {.first_block = 1});
  if (remote.version().empty() || remote.size() > size_limit()) return std::nullopt;
  try {
    return fetched_copy(address, remote);
  } catch (const SourceError&) {
    throw;
  } catch (const ServerLost&) {
    throw;
  } catch (const Error& error) {
    static std::once_flag once;
    std::call_once(once, [&] { log::warn("{}; videos are read where they lie", error.what()); });
    return std::nullopt;
  }
}

std::string kept_of(const std::string& address, const RemoteFile& file, const std::string& what,
                    const std::function<std::string()>& make) {
  if (file.version().empty()) return make();
  const fs::path cache = cache_folder(), folder = cache / key_of(address, file);
  if (std::ifstream kept(folder / what, std::ios::binary); kept)
    return {std::istreambuf_iterator<char>(kept), {}};
  std::string made = make();
  try {
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    replace_file(folder / what, made);
    keep_limit(cache, folder, made.size(), size_limit());
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    log::debug("{}", error.what());
  }
  return made;
}

}  // namespace actionflow
