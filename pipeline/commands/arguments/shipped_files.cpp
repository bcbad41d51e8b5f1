#include "pipeline/commands/arguments/shipped_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

namespace actionflow {

namespace fs = std::filesystem;

namespace {

// The configs folders of an installed program and of one in its build folder.
std::array<fs::path, 2> config_folders() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path beside = program.parent_path().parent_path();
  return {beside / "share/actionflow/configs", beside / "configs"};
}

}  // namespace

std::string find_shipped(const std::string& named, const std::string& folder, const std::string& suffix) {
  std::error_code ignored;
  if (named.empty() || named.find('/') != std::string::npos || fs::exists(named, ignored)) return named;
  for (const fs::path& configs : config_folders()) {
    for (const std::string& name : {named, named + suffix}) {
      const fs::path file = configs / folder / name;
      if (fs::is_regular_file(file, ignored)) return file;
    }
  }
  return named;
}

std::vector<fs::path> shipped_files(const std::string& folder, const std::string& suffix) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const fs::path& configs : config_folders()) {
    for (const auto& entry : fs::directory_iterator(configs / folder, ignored)) {
      if (entry.path().extension() == suffix) files.push_back(entry.path());
    }
    if (!files.empty()) break;
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace actionflow
