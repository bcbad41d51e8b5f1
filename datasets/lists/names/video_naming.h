// Names of videos that say their class and their group, as some datasets give them.
#pragma once

#include <filesystem>
#include <optional>
#include <regex>
#include <span>
#include <string>
#include <vector>

namespace actionflow {

struct VideoNaming {
  std::string dataset;  // that names videos so: "UCF101"
  std::string form;     // for people: "v_CLASS_g01_c01"
  // On a name. The first (…) is the class, or the group: clips of one group show the same people or place.
  std::regex class_pattern;
  std::string group_pattern;

  // "Archery" of "v_Archery_g01_c01.avi"; none where the name is of another form.
  std::optional<std::string> class_in(const std::string& file_name) const;
};

// Video files in the folder itself, in natural order.
std::vector<std::filesystem::path> loose_videos(const std::filesystem::path& folder);

// As the first of the videos is named that has a known form; null: none has.
const VideoNaming* naming_of(const std::vector<std::filesystem::path>& videos);

// That are tried where a name has none; the first is none.
std::span<const char* const> video_suffixes();
// "film" of "film.mp4".
std::string without_video_suffix(const std::string& name);

}  // namespace actionflow
