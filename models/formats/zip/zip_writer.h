// A zip archive of stored (uncompressed) files, each beginning at a multiple of 64 bytes, as PyTorch has
// them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace actionflow {

struct ZipEntry {
  std::string name;
  std::string_view bytes;
};

// Replaces the file atomically. The same entries give the same bytes: no time is kept. Throws ModelError for
// more than 4 GB or 65,535 entries, which would need zip64.
void write_zip(const std::vector<ZipEntry>& entries, const std::filesystem::path& file);

}  // namespace actionflow
