#include "datasets/lists/list_paths.h"

#include <algorithm>
#include <system_error>

#include "base/text/natural_order.h"

namespace actionflow {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

namespace {

std::vector<fs::path> entries_in(const fs::path& folder, bool folders) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder.empty() ? "." : folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code unknown;
    std::string name = it->path().filename().string();
    if (!name.starts_with('.') && it->is_directory(unknown) == folders) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end(), natural_less);
  std::vector<fs::path> paths;
  for (const std::string& name : names) paths.push_back(folder / name);
  return paths;
}

}  // namespace

std::vector<fs::path> files_in(const fs::path& folder) { return entries_in(folder, false); }
std::vector<fs::path> folders_in(const fs::path& folder) { return entries_in(folder, true); }

std::vector<fs::path> files_of(const fs::path& list, std::string_view suffix) {
  if (!is_folder(list)) return {list};
  std::vector<fs::path> files = files_in(list);
  std::erase_if(files, [&](const fs::path& file) { return !file.native().ends_with(suffix); });
  return files;
}

std::string relative_name(const fs::path& path, const fs::path& root) {
  const fs::path inside = path.lexically_relative(root);
  const bool within = !inside.empty() && *inside.begin() != "..";
  return (within ? inside : path).string();
}

std::string last_name(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

bool is_plain(std::string_view path) {
  return !path.starts_with('.') && path.find("/.") == std::string_view::npos &&
         path.find("//") == std::string_view::npos;
}

std::string normal_path(const fs::path& path) {
  return is_plain(path.native()) ? path.native() : path.lexically_normal().string();
}

}  // namespace actionflow
