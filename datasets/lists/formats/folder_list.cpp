#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/remote/listing.h"
#include "base/text/natural_order.h"
#include "base/text/remote_name.h"
#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/names/video_naming.h"
#include "datasets/lists/text/list_text.h"
#include "datasets/video/recordings_folder.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostVideos = 10'000'000;

std::vector<std::string> sorted_names(const fs::path& folder, bool folders_only) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    const std::string name = it->path().filename().string();
    if (name.starts_with('.') || (folders_only && !it->is_directory(unknown))) continue;
    names.push_back(name);
    if (names.size() >= kMostVideos) break;
  }
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

// What lies about beside videos; whatever else is no video, the scan tells.
bool is_no_video(const fs::path& path) {
  static const std::set<std::string> kSuffixes{".txt", ".csv", ".json", ".md",   ".xml",
                                               ".db",  ".ini", ".jpg",  ".jpeg", ".png",
                                               ".log", ".py",  ".zip",  ".yaml", ".html"};
  return kSuffixes.contains(path.extension().string());
}

// As its first file tells.
bool is_folder_of_frames(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().filename().string().starts_with('.')) continue;
    std::error_code unknown;
    return !it->is_directory(unknown) && is_no_video(it->path());
  }
  return true;
}

// What stands in a class' folder: a video, or a folder of frames; or a folder, of a group or a person, with
// such in it.
std::vector<std::string> videos_at(const fs::path& path) {
  std::error_code unknown;
  if (is_no_video(path)) return {};
  if (!fs::is_directory(path, unknown) || is_folder_of_frames(path)) return {path.string()};
  return recordings_in(path.string());
}

// Whether one folder serves several splits, which are then folders within its classes.
bool holds_splits(const fs::path& folder, const DataOptions& options) {
  return options.train == folder && (options.val == folder || options.test == folder);
}

// Of such a folder's class. What stands in no split's folder is trained on.
bool is_of_another_split(const fs::path& path, ListSplit split) {
  constexpr std::array kHeldOut{ListSplit::val, ListSplit::test};
  std::error_code unknown;
  const bool folder = fs::is_directory(path, unknown);
  if (split != ListSplit::train) return !folder || !is_named_after(split, path);
  return folder && std::any_of(kHeldOut.begin(), kHeldOut.end(),
                               [&](ListSplit other) { return is_named_after(other, path); });
}

// "brush_hair_test_split1.txt" to "brush_hair"; empty for other names.
std::string hmdb51_class(const std::string& file, int split) {
  const std::string ending = fmt::format("_test_split{}.txt", split);
  return file.ends_with(ending) ? file.substr(0, file.size() - ending.size()) : std::string();
}

// 1: train, 2: test, 0: neither.
bool belongs(std::string_view number, ListSplit split) {
  return (split == ListSplit::train && number == "1") || (split == ListSplit::test && number == "2");
}

void add_hmdb51_file(const ListText& list, const std::string& name, ListSplit split,
                     std::vector<ListRow>& rows, ListErrors& errors) {
  for (const ListLine& line : list.lines(errors)) {
    const std::size_t blank = line.text.find_last_of(" \t");
    const std::string_view number = blank == std::string_view::npos ? "" : line.text.substr(blank + 1);
    if (number != "0" && number != "1" && number != "2") {
      errors.add(list.place(line.number),
                 fmt::format("'{}', expected a file's name and 0, 1 or 2", line.text));
    } else if (belongs(number, split)) {
      const std::string file(trimmed(line.text.substr(0, blank)));
      rows.push_back({list.place(line.number), file, {name, ""}, name, {}});
    }
  }
}

// In a bucket: CLASS/a.mp4, CLASS/b/c.mp4. Folders of frames are not read there.
std::vector<ListRow> bucket_rows(const std::string& folder, const ListContext& context) {
  const std::string below = folder.ends_with('/') ? folder : folder + "/";
  std::vector<std::string> names = files_below(below);
  std::sort(names.begin(), names.end(), natural_less);
  const std::string root = (context.options.root / "").string();
  std::vector<ListRow> rows;
  for (const std::string& name : names) {
    const std::size_t slash = name.find('/');
    const bool of_none = context.split == ListSplit::unknown;
    if (!is_plain(name) || is_no_video(name) || (slash == std::string::npos && !of_none)) continue;
    const std::string address = below + name;
    ListRow row{address, address.starts_with(root) ? address.substr(root.size()) : name, {}, {}, {}, address};
    if (!of_none) row.label = name.substr(0, slash);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

std::vector<std::string> class_folders(const fs::path& root) {
  if (!is_remote(root.native())) return sorted_names(root, true);
  std::vector<std::string> names = folders_below(root.string());
  std::erase_if(names, [](const std::string& name) { return name.starts_with('.'); });
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

std::vector<ListRow> folder_rows(const fs::path& folder, const ListContext& context, ListErrors& errors) {
  if (is_remote(folder.native())) return bucket_rows(folder.string(), context);
  std::vector<ListRow> rows;
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    errors.add(folder.string(), "is not a folder, expected a folder with a folder a class");
    return rows;
  }
  // A folder of videos of no class has no folders for classes.
  const std::vector<std::string> classes =
      context.split == ListSplit::unknown ? std::vector<std::string>{""} : class_folders(folder);
  if (classes.empty() && !loose_videos(folder).empty())
    errors.add(folder.string(),
               "holds videos and no folder a class, expected such folders, names that say the class as "
               "v_CLASS_g01_c01.mp4, or a list of the videos: data.train");
  const bool splits = context.split != ListSplit::unknown && holds_splits(folder, context.options);
  for (const std::string& name : classes) {
    for (const std::string& entry : sorted_names(folder / name, false)) {
      if (splits && is_of_another_split(folder / name / entry, context.split)) continue;
      for (const fs::path path : videos_at(folder / name / entry)) {
        ListRow row{path.string(), relative_name(path, context.options.root), {}, std::nullopt, {}, path};
        if (!name.empty()) row.label = name;
        rows.push_back(std::move(row));
      }
    }
  }
  return rows;
}

std::vector<std::string> hmdb51_classes(const fs::path& folder, int split) {
  std::vector<std::string> classes;
  for (const std::string& file : sorted_names(folder, false)) {
    if (std::string name = hmdb51_class(file, split); !name.empty()) classes.push_back(std::move(name));
  }
  std::sort(classes.begin(), classes.end());
  return classes;
}

std::vector<ListRow> hmdb51_rows(const fs::path& folder, const ListContext& context, ListErrors& errors) {
  std::vector<ListRow> rows;
  const std::vector<std::string> classes = hmdb51_classes(folder, context.options.split);
  if (classes.empty())
    errors.add(folder.string(),
               fmt::format("holds no lists of split {}, expected NAME_test_split{}.txt files",
                           context.options.split, context.options.split));
  for (const std::string& name : classes) {
    const ListText list(folder / fmt::format("{}_test_split{}.txt", name, context.options.split), errors);
    add_hmdb51_file(list, name, context.split, rows, errors);
  }
  return rows;
}

}  // namespace actionflow
