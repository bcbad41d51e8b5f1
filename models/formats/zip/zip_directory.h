// The files inside a zip archive as slices of its bytes.
//
// Only stored (uncompressed) entries are given, which is how PyTorch and Keras write theirs: nothing is
// unpacked, so nothing can grow, and nothing is copied. zip64 is read; encrypted, split and compressed
// archives are refused. Checksums are not looked at: writers may leave them out.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace actionflow {

inline constexpr std::string_view kZipSignature("PK\x03\x04", 4);

// By the names of the archive's directory. Throws ModelError: damaged, an entry outside the bytes, one name
// twice. `file` is named in messages. The slices live as long as `bytes`.
std::map<std::string, std::string_view> zip_entries(std::string_view bytes, const std::string& file);

}  // namespace actionflow
