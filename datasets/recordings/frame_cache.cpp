#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/files/make_room.h"
#include "base/hash.h"
#include "base/log/log.h"
#include "base/remote/local_copy.h"
#include "base/remote/server_patience.h"
#include "base/text/remote_name.h"
#include "datasets/recordings/frame_cache.h"
#include "datasets/recordings/frame_cache_entry.h"
#include "datasets/recordings/held_entries.h"
#include "datasets/recordings/part_frames.h"
#include "datasets/recordings/prepare_fingerprint.h"
#include "datasets/recordings/video_decode.h"
#include "datasets/recordings/video_index.h"
#include "datasets/video/file_stretch.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr double kBytesInGigabyte = 1e9;
// Other programs write into the folder too, so its size is counted anew now and then.
constexpr int kRecountAfter = 32;
constexpr std::size_t kMostHeldBytes = std::size_t{128} << 20;
constexpr std::size_t kMostIndexBytes = std::size_t{256} << 20;

// An entry that a crash leaves half-written is found out by its checksums, so nothing waits for the disk.
class Unsynced final : public FileSystem {
 public:
  explicit Unsynced(FileSystem& files) : files_(files) {}
  int create(const std::string& path, const std::string& like) override { return files_.create(path, like); }
  std::ptrdiff_t write(int descriptor, const void* data, std::size_t bytes) override {
    return files_.write(descriptor, data, bytes);
  }
  int sync(int) override { return 0; }
  int close(int descriptor) override { return files_.close(descriptor); }
  int rename(const std::string& from, const std::string& to) override { return files_.rename(from, to); }
  int remove(const std::string& path) override { return files_.remove(path); }
  int open_folder(const std::string& path) override { return files_.open_folder(path); }

 private:
  FileSystem& files_;
};

// Without the one that is about to be written.
std::vector<KeptFile> list_entries(const fs::path& folder, const fs::path& written) {
  std::vector<KeptFile> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != kEntrySuffix || it->path() == written) continue;
    std::error_code gone;
    const std::uint64_t bytes = it->file_size(gone);
    const fs::file_time_type used = it->last_write_time(gone);
    if (!gone) entries.push_back({it->path(), bytes, used});
  }
  return entries;
}

// That two ways of writing the source's name share. Of an address that may hold a secret a hash.
std::string absolute_name(const std::string& source) {
  if (is_remote(source))
    return source.find_first_of("?@") == std::string::npos ? source
                                                           : fmt::format("remote {:016x}", fnv1a(source));
  std::optional<FileStretch> stretch = file_stretch(source);
  std::error_code error;
  std::string path = fs::canonical(stretch ? stretch->file : source, error).string();
  if (error) throw SourceError(source + ": " + error.message());
  if (!stretch) return path;
  stretch->file = path;
  return stretch->name();
}

}  // namespace

struct FrameCache::State {
  State(CacheOptions cache_options, FileSystem& system)
      : options(std::move(cache_options)),
        limit(static_cast<std::uint64_t>(options.gigabytes * kBytesInGigabyte)),
        files(system) {}

  // Names of entries that a thread of this program is making; others wait for it.
  class Making;

  bool on_disk() const { return limit > 0 && !options.folder.empty(); }
  std::shared_ptr<const VideoFrames> without_disk(const SourceOptions& named, const FrameForm& form,
                                                  const std::optional<TimeSpan>& part);
  SourceOptions copied(SourceOptions source);
  std::shared_ptr<const VideoFrames> make(const SourceOptions& source, const EntryKey& key);
  bool write(const SourceOptions& named, const EntryKey& key, const fs::path& file);
  void keep_limit(std::uint64_t bytes, const fs::path& file);
  void give_up(const std::string& why);
  std::shared_ptr<const VideoFrames> from_disk(const std::string& name, const EntryKey& key);
  EntryKey key_of(const SourceOptions& source, const FrameForm& form, const std::optional<TimeSpan>& part);
  SourceFingerprint fingerprint(const std::string& source);
  std::uint64_t prepared_by(const FrameForm& form);
  std::shared_ptr<const VideoIndex> index_of(const SourceOptions& source);

  // What is known of videos that are decoded each time.
  struct Indexed {
    SourceFingerprint fingerprint;
    std::optional<double> frame_rate;
    std::shared_ptr<const VideoIndex> index;
  };

  const CacheOptions options;
  const std::uint64_t limit;
  Unsynced files;

  std::mutex mutex;
  std::condition_variable made;
  std::set<std::string> being_made;
  std::set<std::string> verified;
  std::set<std::string> too_large;
  std::unordered_map<std::string, Indexed> indexes;
  std::size_t index_bytes = 0;
  HeldEntries held{kMostHeldBytes};
  std::vector<std::pair<FrameForm, std::uint64_t>> fingerprints;
  std::unordered_map<std::string, std::string> absolute;      // paths of sources
  std::unordered_map<std::string, SourceFingerprint> remote;  // of files on servers and archives there
  std::unordered_map<std::string, fs::path> copies;           // of such files
  bool writes = true;
  bool said_full = false;
  int since_recount = 0;
  Counts counts;
};

class FrameCache::State::Making {
 public:
  // Waits until no other thread makes it.
  Making(State& state, std::string name) : state_(state), name_(std::move(name)) {
    std::unique_lock lock(state_.mutex);
    state_.made.wait(lock, [&] { return !state_.being_made.contains(name_); });
    state_.being_made.insert(name_);
  }
  ~Making() {
    {
      const std::lock_guard lock(state_.mutex);
      state_.being_made.erase(name_);
    }
    state_.made.notify_all();
  }
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;

 private:
  State& state_;
  std::string name_;
};

// Of a server's video the copy on this machine, where that is wanted. The server is asked once, unless the
// copy had to make room for others.
SourceOptions FrameCache::State::copied(SourceOptions source) {
  std::optional<FileStretch> stretch = file_stretch(source.source);
  std::string& file = stretch ? stretch->file : source.source;
  if (!options.copies || !is_remote(file)) return source;
  fs::path copy;
  {
    const std::lock_guard lock(mutex);
    if (const auto known = copies.find(file); known != copies.end()) copy = known->second;
  }
  std::error_code gone;
  if (!copy.empty()) fs::last_write_time(copy, fs::file_time_type::clock::now(), gone);
  if (copy.empty() || gone) {
    copy = copy_where_room(file).value_or(fs::path());
    if (copy.empty()) return source;
    const std::lock_guard lock(mutex);
    copies[file] = copy;
  }
  file = copy.string();
  if (stretch) source.source = stretch->name();
  return source;
}

std::shared_ptr<const VideoFrames> FrameCache::State::without_disk(const SourceOptions& named,
                                                                   const FrameForm& form,
                                                                   const std::optional<TimeSpan>& part) {
  const SourceOptions source = copied(named);
  const auto index = index_of(source);
  auto frames = open_video_frames(source, form, index);
  if (part) frames = std::make_shared<PartFrames>(std::move(frames), *part, source.source);
  const std::lock_guard lock(mutex);
  ++counts.decoded;
  return frames;
}

std::shared_ptr<const VideoIndex> FrameCache::State::index_of(const SourceOptions& source) {
  const SourceFingerprint seen = fingerprint(source.source);
  {
    const std::lock_guard lock(mutex);
    const auto found = indexes.find(source.source);
    if (found != indexes.end() && found->second.fingerprint == seen &&
        found->second.frame_rate == source.frame_rate)
      return found->second.index;
  }
  auto index = std::make_shared<const VideoIndex>(index_video(source));
  const std::lock_guard lock(mutex);
  if (index_bytes > kMostIndexBytes) {
    indexes.clear();
    index_bytes = 0;
  }
  index_bytes += index->bytes();
  indexes[source.source] = {seen, source.frame_rate, index};
  return index;
}

EntryKey FrameCache::State::key_of(const SourceOptions& source, const FrameForm& form,
                                   const std::optional<TimeSpan>& part) {
  std::string path;
  {
    const std::lock_guard lock(mutex);
    std::string& known = absolute[source.source];
    if (known.empty()) {
      known = absolute_name(source.source);
    }
    path = known;
  }
  return {path, form, source.frame_rate.value_or(0), fingerprint(source.source), prepared_by(form), part};
}

// A server is asked once: what lies there is taken to stay as it is while the program runs.
SourceFingerprint FrameCache::State::fingerprint(const std::string& source) {
  if (!is_remote(source)) return fingerprint_of(source);
  const std::optional<FileStretch> stretch = file_stretch(source);
  const std::string file = stretch ? stretch->file : source;
  {
    const std::lock_guard lock(mutex);
    if (const auto known = remote.find(file); known != remote.end()) return known->second;
  }
  const SourceFingerprint asked = fingerprint_of(file);
  const std::lock_guard lock(mutex);
  return remote.emplace(file, asked).first->second;
}

std::uint64_t FrameCache::State::prepared_by(const FrameForm& form) {
  const std::lock_guard lock(mutex);
  for (const auto& [known, number] : fingerprints) {
    if (known == form) return number;
  }
  return fingerprints.emplace_back(form, prepare_fingerprint(form)).second;
}

std::shared_ptr<const VideoFrames> FrameCache::State::from_disk(const std::string& name,
                                                                const EntryKey& key) {
  const fs::path file = options.folder / name;
  std::shared_ptr<const VideoFrames> frames;
  bool verify = false;
  {
    const std::lock_guard lock(mutex);
    frames = held.find(name, key.fingerprint);
    verify = !verified.contains(name);
  }
  const bool was_held = frames != nullptr;
  if (!was_held) frames = open_entry(file, key, verify);
  if (!frames) return nullptr;
  mark_used(file);
  const std::lock_guard lock(mutex);
  ++counts.hits;
  if (!was_held) {
    verified.insert(name);
    held.hold(name, key.fingerprint, frames);
  }
  return frames;
}

std::shared_ptr<const VideoFrames> FrameCache::State::make(const SourceOptions& source, const EntryKey& key) {
  const std::string name = key.file_name();
  const fs::path file = options.folder / name;
  {
    const std::lock_guard lock(mutex);
    if (!writes || too_large.contains(name)) return nullptr;
  }
  try {
    if (!write(source, key, file)) return nullptr;
  } catch (const SourceError&) {
    throw;
  } catch (const ServerLost&) {
    throw;
  } catch (const Error& error) {
    give_up(error.what());
    return nullptr;
  }
  auto frames = open_entry(file, key, false);
  if (!frames) return nullptr;
  mark_used(file);
  const std::lock_guard lock(mutex);
  held.hold(name, key.fingerprint, frames);
  return frames;
}

bool FrameCache::State::write(const SourceOptions& named, const EntryKey& key, const fs::path& file) {
  const SourceOptions source = copied(named);
  EntryWriter writer(file, key, files);
  const auto fits = [&] { return writer.bytes() <= limit; };
  double duration = 0;
  if (key.part) {
    const PartFrames frames(read_video_frames(source, key.form, key.part), *key.part, source.source);
    duration = frames.duration();
    for (std::int64_t k = 0; k < frames.count() && fits(); ++k)
      writer.add(frames.times_us()[static_cast<std::size_t>(k)], frames.pixels(k));
  } else {
    const auto add = [&](std::int64_t time_us, const PreparedFramePtr& frame) {
      writer.add(time_us, frame->data());
      return fits();
    };
    duration = decode_video(source, key.form, add).duration;
  }
  if (!fits()) {
    const std::lock_guard lock(mutex);
    too_large.insert(key.file_name());
    return false;
  }
  writer.finish(duration);
  keep_limit(writer.bytes(), file);
  writer.commit();
  const std::lock_guard lock(mutex);
  counts.bytes += static_cast<std::int64_t>(writer.bytes());
  ++counts.decoded;
  verified.insert(key.file_name());
  return true;
}

void FrameCache::State::keep_limit(std::uint64_t bytes, const fs::path& file) {
  const std::lock_guard lock(mutex);
  const bool fits = static_cast<std::uint64_t>(counts.bytes) + bytes <= limit;
  if (fits && ++since_recount < kRecountAfter) return;
  since_recount = 0;
  counts.bytes = static_cast<std::int64_t>(
      make_room(list_entries(options.folder, file), limit - bytes, [this](const fs::path& gone) {
        ++counts.evicted;
        const std::string name = gone.filename().string();
        held.forget(name);
        const bool own = verified.erase(name) > 0;
        if (own && !std::exchange(said_full, true))
          log::warn(
              "{}: {:g} GB do not hold the frames of this dataset, so some videos are decoded in every "
              "epoch; raise cache.gigabytes where the disk has room",
              options.folder.string(), options.gigabytes);
      }));
}

void FrameCache::State::give_up(const std::string& why) {
  const std::lock_guard lock(mutex);
  if (std::exchange(writes, false))
    log::warn("{}; frames are decoded anew in every epoch from here on, without the cache", why);
}

void CacheOptions::describe(config::Fields<CacheOptions>& fields) {
  fields.add("folder", &CacheOptions::folder, "where decoded frames are kept; none: beside the output");
  fields
      .add("gigabytes", &CacheOptions::gigabytes,
           "of disk; the frames used longest ago go when they are full; 0: no frames are kept")
      .range(0, 1e6);
  fields.add(
      "copies", &CacheOptions::copies,
      "videos of servers, or the archives they are in, are copied whole to ACTIONFLOW_CACHE before they "
      "are decoded");
}

FrameCache::FrameCache(CacheOptions options, FileSystem& files)
    : state_(std::make_unique<State>(std::move(options), files)) {
  if (!state_->on_disk()) return;
  std::error_code error;
  fs::create_directories(state_->options.folder, error);
  if (error) {
    state_->give_up(state_->options.folder.string() + " cannot be made: " + error.message());
    return;
  }
  remove_leftovers_in(state_->options.folder, kEntrySuffix);
  for (const KeptFile& entry : list_entries(state_->options.folder, {}))
    state_->counts.bytes += static_cast<std::int64_t>(entry.bytes);
}

FrameCache::~FrameCache() = default;

std::shared_ptr<const VideoFrames> FrameCache::get(const SourceOptions& source, const FrameForm& form,
                                                   const std::optional<TimeSpan>& part) {
  require_recorded(source);
  if (!state_->on_disk()) return state_->without_disk(source, form, part);
  const EntryKey key = state_->key_of(source, form, part);
  const std::string name = key.file_name();
  {
    const State::Making making(*state_, name);
    if (auto frames = state_->from_disk(name, key)) return frames;
    if (auto frames = state_->make(source, key)) return frames;
  }
  return state_->without_disk(source, form, part);
}

FrameCache::Counts FrameCache::counts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

}  // namespace actionflow
