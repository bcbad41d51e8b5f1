// Tells whether a recorded video is still the one that was seen before.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>

namespace actionflow {

// Of a file its size and modification time; of a file on a server its size and, as a time, a hash of its ETag
// or of when it was changed; of a folder of frames the sum of the sizes, the newest time, and a hash over its
// files' names, sizes and times.
struct SourceFingerprint {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t files = 0;
  bool folder = false;

  bool operator==(const SourceFingerprint&) const = default;
};

// Throws SourceError that names the path when it cannot be looked at. A video in an archive (file_stretch.h)
// has the archive's. Asks the server of a remote file.
SourceFingerprint fingerprint_of(const std::filesystem::path& path);

// 64 bits that change with any byte. Equal on every little-endian machine; not against people who try.
std::uint64_t checksum(const void* data, std::size_t bytes, std::uint64_t seed = 0);

}  // namespace actionflow
