// Folders of videos whose names say their class, as UCF101's do (video_naming.h).
#include <fmt/format.h>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/names/video_naming.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

std::vector<ListRow> named_rows(const std::filesystem::path& folder, const ListContext& context,
                                ListErrors& errors) {
  std::vector<ListRow> rows;
  const std::vector<std::filesystem::path> videos = loose_videos(folder);
  const VideoNaming* naming = naming_of(videos);
  for (const std::filesystem::path& path : videos) {
    ListRow row{path.string(), relative_name(path, context.options.root), {}, std::nullopt, {}, path};
    if (context.split != ListSplit::unknown) {
      if (naming != nullptr) row.label = naming->class_in(path.filename().string());
      if (!row.label) {
        errors.add(row.place, fmt::format("the name says no class, expected one as {}.mp4",
                                          naming != nullptr ? naming->form : "v_CLASS_g01_c01"));
        continue;
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace actionflow
