// A file that one process holds at a time. The system lets go of it when that process ends, however it does.
#pragma once

#include <filesystem>
#include <optional>

#include "base/files/descriptor.h"

namespace actionflow {

// Made if it is not there, and left there: a lock that is removed while another waits for it would be held
// twice. Throws Error where it cannot be opened or locked. Movable.
class FileLock {
 public:
  // Waits until nobody else holds it.
  static FileLock wait(const std::filesystem::path& file);
  // Nothing while somebody else holds it.
  static std::optional<FileLock> try_take(const std::filesystem::path& file);

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  static std::optional<FileLock> take(const std::filesystem::path& file, int operation);
  Descriptor descriptor_;
};

}  // namespace actionflow
