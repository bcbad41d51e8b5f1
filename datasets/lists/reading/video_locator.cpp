#include "datasets/lists/reading/video_locator.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/text/remote_name.h"
#include "base/text/server_path.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/video_naming.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

bool is_accessible(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

bool has_suffix(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? name : name.substr(slash + 1);
  const std::size_t dot = last.rfind('.');
  return dot != std::string_view::npos && dot > 0;
}

}  // namespace

VideoLocator::VideoLocator(const fs::path& root)
    : root_(root.empty() ? std::string() : (root / "").string()),
      remote_(is_remote(root.native())),
      normal_root_((fs::absolute(root.empty() ? "." : root) / "").lexically_normal().string()) {}

bool VideoLocator::is_inside(const std::string& path) const {
  if (remote_) return false;
  return fs::absolute(path).lexically_normal().string().starts_with(normal_root_);
}

bool VideoLocator::is_folder(const std::string& path) {
  const auto [at, added] = folders_.emplace(path, false);
  std::error_code ignored;
  if (added) at->second = fs::is_directory(path, ignored);
  return at->second;
}

std::optional<std::string> VideoLocator::with_suffix(const std::string& path) {
  if (std::string same = path + last_suffix_; is_accessible(same)) return same;
  for (const char* suffix : video_suffixes()) {
    std::string candidate = path + suffix;
    if (!is_accessible(candidate)) continue;
    last_suffix_ = suffix;
    return candidate;
  }
  return std::nullopt;
}

std::optional<fs::path> VideoLocator::locate(const ListRow& row, ListErrors& errors) {
  if (!row.path.empty()) return row.path;
  if (is_remote(row.name)) return row.name;
  const bool absolute = row.name.starts_with('/');
  const std::string plain = absolute ? row.name : remote_ ? on_server(root_, row.name) : root_ + row.name;
  if ((absolute || !is_plain(row.name)) && !is_inside(plain)) {
    const std::string shown = root_.empty() ? "the folder" : root_.substr(0, root_.size() - 1);
    errors.add(row.place,
               fmt::format("'{}' leads out of {}, expected a name under data.root", row.name, shown));
    return std::nullopt;
  }
  if (row.folders.size() <= 1 && has_suffix(row.name)) return plain;
  if (std::optional<fs::path> found = find(row)) return found;
  const bool has_own_folder = !row.folders.empty() && !row.folders.front().empty();
  if (!has_own_folder) return plain;
  const std::string inside = row.folders.front() + "/" + row.name;
  return remote_ ? on_server(root_, inside) : root_ + inside;
}

std::optional<fs::path> VideoLocator::find(const ListRow& row) {
  if (remote_ || is_remote(row.name)) return std::nullopt;
  const bool absolute = row.name.starts_with('/');
  for (const std::string& folder : row.folders) {
    const std::string inside = root_ + folder;
    if (absolute || folder.empty() || !is_plain(folder) || folder.starts_with('/') || !is_folder(inside))
      continue;
    if (std::optional<std::string> found = with_suffix(inside + "/" + row.name)) return *found;
  }
  return with_suffix(absolute ? row.name : root_ + row.name);
}

}  // namespace actionflow
