// Bytes as a tar archive, read as they are and once more with every header's checksum mended, without which a
// fuzzer would hardly come past the first one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "datasets/lists/dataset.h"
#include "datasets/lists/text/tar_index.h"

namespace actionflow::testing {

inline void mend_tar_checksum(std::span<std::uint8_t> header) {
  std::memset(&header[148], ' ', 8);
  unsigned sum = 0;
  for (const std::uint8_t byte : header) sum += byte;
  for (std::size_t digit = 0; digit < 6; ++digit)
    header[148 + digit] = static_cast<std::uint8_t>('0' + (sum >> (3 * (5 - digit)) & 7U));
}

// Whether it was accepted. Aborts where a member lies beyond the archive or on another one, or has another's
// name.
inline bool reads_tar(std::string_view bytes, bool mended) {
  constexpr std::size_t kHeaderBytes = 512;
  const ArchiveBytes archive{
      bytes.size(), nullptr, [&](std::uint64_t offset, std::span<std::uint8_t> to) {
        if (offset >= bytes.size()) return std::size_t{0};
        const std::size_t count = bytes.copy(reinterpret_cast<char*>(to.data()), to.size(), offset);
        const bool empty = std::all_of(to.begin(), to.end(), [](std::uint8_t byte) { return byte == 0; });
        if (mended && count == kHeaderBytes && !empty) mend_tar_checksum(to);
        return count;
      }};
  try {
    std::uint64_t end = 0;
    std::set<std::string> names;
    for (const TarMember& member : read_tar("input.tar", archive)) {
      const bool inside = member.offset >= end + kHeaderBytes && member.offset <= bytes.size() &&
                          member.size <= bytes.size() - member.offset;
      if (!inside || !names.insert(member.name).second) std::abort();
      end = member.offset + member.size;
    }
    return true;
  } catch (const DatasetError&) {
    return false;
  }
}

}  // namespace actionflow::testing
