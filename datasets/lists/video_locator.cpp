#include "datasets/lists/video_locator.h"

#include <fmt/format.h>

#include <array>

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 6> kSuffixes{"", ".webm", ".mp4", ".avi", ".mkv", ".mov"};

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

}  // namespace

VideoLocator::VideoLocator(const fs::path& root)
    : root_(root), normal_root_((fs::absolute(root.empty() ? "." : root) / "").lexically_normal().string()) {}

std::optional<fs::path> VideoLocator::find(const fs::path& path) {
  if (const fs::path same = path.string() + last_suffix_; is_there(same)) return same;
  for (const char* suffix : kSuffixes) {
    const fs::path candidate = path.string() + suffix;
    if (!is_there(candidate)) continue;
    last_suffix_ = suffix;
    return candidate;
  }
  return std::nullopt;
}

std::optional<fs::path> VideoLocator::locate(const ListRow& row, ListErrors& errors) {
  if (!row.path.empty()) return row.path;
  std::optional<fs::path> first;
  for (const std::string& folder : row.folders.empty() ? std::vector<std::string>{""} : row.folders) {
    const fs::path path = root_ / folder / row.name;
    if (!fs::absolute(path).lexically_normal().string().starts_with(normal_root_)) {
      // A label is a folder's name only where it happens to be one.
      if (folder.empty()) {
        errors.add(row.place, fmt::format("'{}' leads out of {}, expected a name under data.root", row.name,
                                          root_.empty() ? "the folder" : root_.string()));
        return std::nullopt;
      }
      continue;
    }
    if (!first) first = path;
    // Millions of names are looked up on the disk only where they leave something open.
    if (row.folders.size() <= 1 && path.has_extension()) return path;
    if (const std::optional<fs::path> found = find(path)) return found;
  }
  if (!first) errors.add(row.place, fmt::format("'{}' leads out of data.root", row.name));
  return first;
}

}  // namespace actionflow
