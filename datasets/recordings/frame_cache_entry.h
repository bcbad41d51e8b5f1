// One file of the frame cache: the frames of a video, or of a part of one, in one form, as they lie in
// memory.
//
// - header, padded to whole pages: magic, version, form, how it is prepared, the source's path, size and
// time,
//   the part of it
// - pixels, from a page's start: count × height × width × channels bytes
// - table: count time stamps (i64, µs), count checksums of the frames (u64)
// - footer: count (u64), duration (f64, s), checksum of table, count and duration (u64), magic
//
// Little-endian. The header follows from the key alone, so an entry is good only where its first bytes are
// the key's; the footer is written last, so a file cut short has none.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/files/atomic_file.h"
#include "datasets/recordings/source_fingerprint.h"
#include "datasets/recordings/video_frames.h"

namespace actionflow {

struct EntryKey {
  std::string path;  // absolute, or an address
  FrameForm form;
  double frame_rate = 0;  // given for what has no time stamps; 0: none
  SourceFingerprint fingerprint;
  std::uint64_t prepared_by = 0;  // prepare_fingerprint()
  std::optional<TimeSpan> part;   // none: the whole video

  // Of the path, the part and the form; the same whatever the source's size and time are.
  std::string file_name() const;
  std::string header() const;
  std::size_t frame_bytes() const;
};

inline constexpr const char* kEntrySuffix = ".frames";

// Marks an entry as used now; nothing where it is gone.
void mark_used(const std::filesystem::path& file);

// The entry mapped read-only, or nullptr where there is none, or one that is stale, cut or damaged. The
// pixels' checksums are looked at only with `verify`, since that reads all of them.
std::shared_ptr<const VideoFrames> open_entry(const std::filesystem::path& file, const EntryKey& key,
                                              bool verify);

// Writes an entry frame by frame. Throws Error (exit code 5) when the disk does not take it.
class EntryWriter {
 public:
  EntryWriter(const std::filesystem::path& file, const EntryKey& key, FileSystem& files);
  void add(std::int64_t time_us, const std::uint8_t* pixels);
  // Size of the finished file with the frames added so far.
  std::uint64_t bytes() const;
  // What stands after the pixels; then the file is whole, beside its place.
  void finish(double duration);
  // Puts it in its place.
  void commit() { file_.commit(); }

 private:
  std::size_t frame_bytes_;
  std::uint64_t written_ = 0;
  std::vector<std::int64_t> times_us_;
  std::vector<std::uint64_t> checksums_;
  AtomicFile file_;
};

}  // namespace actionflow
