#include "datasets/video/recordings_folder.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <string_view>
#include <system_error>

#include "base/remote/listing.h"
#include "base/text/lower_case.h"
#include "base/text/natural_order.h"
#include "base/text/remote_name.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

std::string suffix_of(const fs::path& file) { return lower_case(file.extension().string()); }

bool has_video_suffix(const fs::path& file) {
  static const std::set<std::string, std::less<>> kSuffixes{
      ".3g2",  ".3gp",  ".asf",  ".avi", ".divx", ".dv",    ".f4v",  ".flv", ".gif", ".h264",
      ".hevc", ".ivf",  ".m2ts", ".m2v", ".m4v",  ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4",
      ".mpe",  ".mpeg", ".mpg",  ".mts", ".mxf",  ".nut",   ".obu",  ".ogm", ".ogv", ".qt",
      ".rm",   ".rmvb", ".ts",   ".vob", ".webm", ".wmv",   ".wtv",  ".y4m"};
  return kSuffixes.contains(suffix_of(file));
}

bool has_frame_suffix(const fs::path& file) {
  const std::string suffix = suffix_of(file);
  return suffix == ".jpg" || suffix == ".jpeg" || suffix == ".png";
}

struct Found {
  std::vector<std::string> recordings;
  bool video_files = false;  // among them
};

Found look_into(const fs::path& folder) {
  Found found;
  bool frames = false;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  if (error) return {{folder.string()}, false};
  for (const fs::directory_iterator end; entry != end; entry.increment(error)) {
    if (error) break;
    const fs::path& path = entry->path();
    std::error_code unknown;
    if (path.filename().string().starts_with('.')) continue;
    if (entry->is_directory(unknown)) {
      if (entry->is_symlink(unknown)) continue;
      Found below = look_into(path);
      found.video_files = found.video_files || below.video_files;
      std::move(below.recordings.begin(), below.recordings.end(), std::back_inserter(found.recordings));
    } else if (has_video_suffix(path)) {
      found.video_files = true;
      found.recordings.push_back(path.string());
    } else {
      frames = frames || has_frame_suffix(path);
    }
  }
  if (frames && !found.video_files) return {{folder.string()}, false};
  return found;
}

std::vector<std::string> in_bucket(const std::string& folder) {
  std::vector<std::string> recordings;
  for (const std::string& name : files_below(folder)) {
    const bool hidden = name.starts_with('.') || name.find("/.") != std::string::npos;
    if (!hidden && has_video_suffix(name)) recordings.push_back(folder + name);
  }
  return recordings;
}

}  // namespace

std::vector<std::string> recordings_in(const std::string& folder) {
  std::vector<std::string> recordings = is_remote(folder) ? in_bucket(folder) : look_into(folder).recordings;
  std::sort(recordings.begin(), recordings.end(), natural_less);
  return recordings;
}

}  // namespace actionflow
