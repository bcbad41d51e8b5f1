// A folder for files that must stand on disk for a while: in the folder for temporary files, under a name of
// its own, so that nobody else can have put anything there, and removed with what is in it at the end.
#pragma once

#include <filesystem>
#include <string>

namespace actionflow {

class TemporaryFolder {
 public:
  // Named WORD-XXXXXX. Throws Error (exit code 5).
  explicit TemporaryFolder(const std::string& word);
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace actionflow
