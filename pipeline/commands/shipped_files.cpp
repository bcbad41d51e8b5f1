#include "pipeline/commands/shipped_files.h"

#include <filesystem>
#include <system_error>

namespace actionflow {

namespace fs = std::filesystem;

std::string find_shipped(const std::string& named, const std::string& folder, const std::string& suffix) {
  std::error_code ignored;
  if (named.empty() || named.find('/') != std::string::npos || fs::exists(named, ignored)) return named;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path beside = program.parent_path().parent_path();
  for (const fs::path& configs : {beside / "share/actionflow/configs", beside / "configs"}) {
    for (const std::string& name : {named, named + suffix}) {
      const fs::path file = configs / folder / name;
      if (fs::is_regular_file(file, ignored)) return file;
    }
  }
  return named;
}

}  // namespace actionflow
