// Names of which each is held by one process at a time, however many there are: all locks are of one file.
//
// A name's lock is the byte of that file that the name's hash says, so nothing is written and nothing is left
// behind. The system lets go of all when the process ends, however it does; so it is over NFS, when the
// server has given the machine up. Two names of one hash are one lock.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/files/descriptor.h"

namespace actionflow {

class NameLocks {
 public:
  // Makes the file if it is not there. Throws Error where it cannot be opened.
  explicit NameLocks(const std::filesystem::path& file);

  // False while another NameLocks, of this process or of another, holds it. Throws Error where the file
  // system has no locks.
  bool try_take(std::string_view name);
  void release(std::string_view name) noexcept;

 private:
  const std::filesystem::path file_;
  const Descriptor descriptor_;
};

}  // namespace actionflow
