#include "base/files/make_room.h"

#include <algorithm>
#include <system_error>

namespace actionflow {

std::uint64_t make_room(std::vector<KeptFile> files, std::uint64_t limit,
                        const std::function<void(const std::filesystem::path&)>& gone) {
  std::sort(files.begin(), files.end(), [](const KeptFile& a, const KeptFile& b) { return a.used < b.used; });
  std::uint64_t total = 0;
  for (const KeptFile& file : files) total += file.bytes;
  for (const KeptFile& file : files) {
    if (total <= limit) break;
    std::error_code ignored;
    std::filesystem::remove_all(file.path, ignored);
    total -= file.bytes;
    if (gone) gone(file.path);
  }
  return total;
}

}  // namespace actionflow
