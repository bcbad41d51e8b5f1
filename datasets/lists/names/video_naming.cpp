#include "datasets/lists/names/video_naming.h"

#include <algorithm>
#include <array>

#include "datasets/video/recordings_folder.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 6> kSuffixes{"", ".webm", ".mp4", ".avi", ".mkv", ".mov"};

const std::array<VideoNaming, 3>& namings() {
  static const std::array<VideoNaming, 3> kNamings{
      {{"UCF101", "v_CLASS_g01_c01", std::regex("^v_(.+)_g[0-9]+_c[0-9]+"), "v_([^/]+_g[0-9]+)_c[0-9]+"},
       {"UCF11", "v_CLASS_01_01", std::regex("^v_(.+)_[0-9]+_[0-9]+"), "v_([^/]+_[0-9]+)_[0-9]+"},
       {"KTH", "person01_CLASS_d1", std::regex("^person[0-9]+_(.+)_d[0-9]+"),
        "(person[0-9]+)_[^/]+_d[0-9]+"}}};
  return kNamings;
}

}  // namespace

std::optional<std::string> VideoNaming::class_in(const std::string& file_name) const {
  std::smatch match;
  if (!std::regex_search(file_name, match, class_pattern)) return std::nullopt;
  return match[1].str();
}

std::vector<fs::path> loose_videos(const fs::path& folder) {
  std::vector<fs::path> videos;
  for (const fs::path path : recordings_in(folder.string()))
    if (path.parent_path() == folder) videos.push_back(path);
  return videos;
}

const VideoNaming* naming_of(const std::vector<fs::path>& videos) {
  for (const fs::path& video : videos) {
    const std::string name = video.filename().string();
    const auto found = std::find_if(namings().begin(), namings().end(), [&](const VideoNaming& naming) {
      return naming.class_in(name).has_value();
    });
    if (found != namings().end()) return &*found;
  }
  return nullptr;
}

std::span<const char* const> video_suffixes() { return kSuffixes; }

std::string without_video_suffix(const std::string& name) {
  const auto ends = [&](const char* suffix) { return *suffix != '\0' && name.ends_with(suffix); };
  const auto found = std::find_if(kSuffixes.begin(), kSuffixes.end(), ends);
  return found == kSuffixes.end() ? name : name.substr(0, name.size() - std::string_view(*found).size());
}

}  // namespace actionflow
