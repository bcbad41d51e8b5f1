// Notices when a file's content has changed, however it was written: in place, or by another file that took
// its place, as editors do, or through a link in its folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/files/descriptor.h"

namespace actionflow {

// Belongs to one thread. Where the system cannot watch the folder a line in the log says so, and nothing is
// noticed.
class FileWatch {
 public:
  explicit FileWatch(std::filesystem::path file);

  const std::filesystem::path& file() const { return file_; }
  // Readable when something was written or renamed in the file's folder; −1 where it is not watched.
  int descriptor() const { return descriptor_.get(); }
  // Takes what has happened there: whether the file now holds something else than at the last call, or at the
  // beginning. A file that is not there, or cannot be read, has not changed.
  bool take_change();

 private:
  std::optional<std::uint64_t> content() const;

  const std::filesystem::path file_;
  Descriptor descriptor_;
  std::optional<std::uint64_t> content_;  // its hash
};

}  // namespace actionflow
