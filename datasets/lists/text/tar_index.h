// What a tar archive holds and where, read from its headers alone: ustar, GNU's long names, pax.
//
// An archive may come from anywhere: sizes, names and checksums are looked at before they count. Links,
// folders and devices are passed over; nothing is unpacked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/remote/remote_file.h"

namespace actionflow {

struct TarMember {
  std::string name;
  std::uint64_t offset = 0, size = 0;  // bytes: of what the file holds, without its header
};

// A file's bytes at any place, local or remote.
struct ArchiveBytes {
  std::uint64_t size = 0;
  std::shared_ptr<RemoteFile> remote;  // where it lies on a server
  // Fewer bytes than asked for at the end only.
  std::function<std::size_t(std::uint64_t offset, std::span<std::uint8_t> to)> read;

  // `archive` is a path or an address. Throws SourceError.
  static ArchiveBytes open(const std::string& archive);
  // Throws DatasetError where the archive ends before.
  std::string bytes(const std::string& archive, std::uint64_t offset, std::size_t count) const;
};

// Files in their order. Throws DatasetError "train-000.tar:1536: …", the byte where it is wrong: a damaged
// header, a member beyond the end, an end that is missing, a name twice.
std::vector<TarMember> read_tar(const std::string& archive, const ArchiveBytes& bytes);

}  // namespace actionflow
