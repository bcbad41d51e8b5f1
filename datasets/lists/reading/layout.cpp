#include "datasets/lists/reading/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text/natural_order.h"
#include "base/text/remote_name.h"
#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/csv_columns.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/names/video_naming.h"
#include "datasets/lists/text/csv_text.h"
#include "datasets/lists/text/list_text.h"
#include "datasets/video/recordings_folder.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string_view>;

bool is_list(const fs::path& file) {
  const std::string suffix = file.extension().string();
  return suffix == ".txt" || suffix == ".csv" || suffix == ".json";
}

// The list of that name; one that is called nothing else goes before.
OptionalPath list_named(const std::vector<fs::path>& files, const char* key,
                        std::span<const std::string_view> words) {
  std::vector<fs::path> found;
  for (const fs::path& file : files) {
    if (!is_list(file) || !holds_word(file.stem().string(), words)) continue;
    if (std::find(words.begin(), words.end(), file.stem().string()) != words.end()) return file;
    found.push_back(file);
  }
  if (found.empty()) return {};
  if (found.size() > 1)
    throw UsageError(fmt::format("data.root holds {} and {}, which may both be data.{}; name one",
                                 found[0].string(), found[1].string(), key));
  return found.front();
}

// None where it cannot be read, which is told when it is read for good.
std::vector<CsvRecord> records_of(const fs::path& table) {
  ListErrors errors;
  const ListText text(table, errors);
  std::vector<CsvRecord> records = errors.any() ? std::vector<CsvRecord>() : csv_records(text, errors);
  return errors.any() ? std::vector<CsvRecord>() : records;
}

// As Kinetics' table of the test videos was while there was a contest.
bool has_no_labels(const fs::path& list) {
  if (list.extension() != ".csv") return false;
  const std::vector<CsvRecord> records = records_of(list);
  if (records.empty()) return false;
  const CsvRow& header = records.front().cells;
  return column_of(header, path_columns()) >= 0 && column_of(header, label_columns()) < 0;
}

void find_lists_beside(const fs::path& folder, DataOptions& options) {
  if (options.classes.empty())
    options.classes =
        list_named(files_in(folder), "classes", Names{"classes", "class", "labels", "classind"});
  const auto add = [&](const char* name, OptionalPath& list) {
    if (list.empty() && is_there(folder / name)) list = folder / name;
  };
  add("other.txt", options.other);
  add("unknown.txt", options.unknown);
}

bool find_lists(const fs::path& folder, DataOptions& options) {
  const std::vector<fs::path> files = files_in(folder);
  const OptionalPath train = list_named(files, "train", names_of_split(ListSplit::train));
  if (train.empty()) return false;
  options.train = train;
  options.val = list_named(files, "val", names_of_split(ListSplit::val));
  options.test = list_named(files, "test", names_of_split(ListSplit::test));
  if (!options.test.empty() && has_no_labels(options.test)) options.test.clear();
  find_lists_beside(folder, options);
  return true;
}

// A table whose column says which split each video is of.
bool find_table_of_splits(const fs::path& folder, DataOptions& options) {
  for (const fs::path& file : files_in(folder)) {
    if (file.extension() != ".csv") continue;
    const std::vector<CsvRecord> records = records_of(file);
    if (records.empty()) continue;
    const CsvRow& header = records.front().cells;
    const int split = column_of(header, split_columns());
    if (split < 0 || column_of(header, path_columns()) < 0 || column_of(header, label_columns()) < 0)
      continue;
    const auto holds = [&](ListSplit wanted) {
      return std::any_of(records.begin() + 1, records.end(), [&](const CsvRecord& record) {
        return record.cells.size() == header.size() && split_of(cell_of(record.cells, split)) == wanted;
      });
    };
    if (!holds(ListSplit::train)) continue;
    options.train = file;
    if (holds(ListSplit::val)) options.val = file;
    if (holds(ListSplit::test)) options.test = file;
    find_lists_beside(folder, options);
    return true;
  }
  return false;
}

// Where the videos were unpacked, beside the lists.
void enter_videos(DataOptions& options, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (!is_folder(options.root / name)) continue;
    options.root = options.root / name;
    return;
  }
}

bool find_ucf101(const fs::path& folder, DataOptions& options) {
  if (!find_ucf101_lists(folder, options)) return false;
  enter_videos(options, {"UCF-101", "UCF101", "videos"});
  return true;
}

// Its lists are "brush_hair_test_split1.txt", in a folder that may be called anything.
bool find_hmdb51(const fs::path& root, DataOptions& options) {
  std::vector<fs::path> places = folders_in(root);
  places.insert(places.begin(), root);
  for (const fs::path& folder : places) {
    if (format_of(folder) != DatasetFormat::hmdb51) continue;
    options.train = folder;
    enter_videos(options, {"hmdb51_org", "HMDB51", "hmdb51", "videos"});
    return true;
  }
  return false;
}

// Those of the first class that has some.
std::vector<fs::path> videos_below(const fs::path& folder) {
  for (const fs::path& of_class : folders_in(folder)) {
    const std::vector<std::string> videos = recordings_in(of_class.string());
    if (!videos.empty()) return {videos.begin(), videos.end()};
  }
  return {};
}

// A folder that holds nothing but another one, as archives are unpacked, stands for that.
fs::path innermost(fs::path folder) {
  constexpr int kDeepest = 4;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const std::vector<fs::path> inside = folders_in(folder);
    if (inside.size() != 1) break;
    const bool flat = loose_videos(folder).empty() && naming_of(loose_videos(inside.front())) != nullptr;
    if (!flat && folders_in(inside.front()).empty()) break;
    folder = inside.front();
  }
  return folder;
}

// The folder called after the split; one that is called nothing else goes before.
OptionalPath folder_of_split(const fs::path& folder, ListSplit split) {
  for (const std::string_view name : names_of_split(split))
    if (is_folder(folder / name)) return folder / name;
  const std::vector<std::string> named = folders_of_split(folder, split);
  return named.size() == 1 ? OptionalPath(folder / named.front()) : OptionalPath();
}

bool holds_classes(const fs::path& folder) {
  return !folders_in(folder).empty() || naming_of(loose_videos(folder)) != nullptr;
}

// A class may be called after a split too, so "videos_train" alone is none, nor is one that holds no classes.
bool find_split_folders(const fs::path& folder, DataOptions& options) {
  const OptionalPath train = folder_of_split(folder, ListSplit::train);
  OptionalPath val = folder_of_split(folder, ListSplit::val);
  if (val == train) val.clear();  // "train_val" is what a test leaves
  const OptionalPath test = folder_of_split(folder, ListSplit::test);
  const auto plain = names_of_split(ListSplit::train);
  const bool surely = std::find(plain.begin(), plain.end(), train.filename().string()) != plain.end();
  if (train.empty() || (!surely && val.empty() && test.empty())) return false;
  if (!holds_classes(train)) return false;
  options.train = train;
  options.val = val;
  options.test = test;
  return true;
}

// Folders called after splits within those of the classes: wave/train, wave/test.
bool find_splits_in_classes(const fs::path& folder, DataOptions& options) {
  const auto any_has = [&](ListSplit split) {
    const std::vector<fs::path> classes = folders_in(folder);
    return std::any_of(classes.begin(), classes.end(), [&](const fs::path& of_class) {
      const std::vector<fs::path> inside = folders_in(of_class);
      return std::any_of(inside.begin(), inside.end(),
                         [&](const fs::path& name) { return is_named_after(split, name); });
    });
  };
  if (!any_has(ListSplit::train)) return false;
  if (any_has(ListSplit::val)) options.val = folder;
  if (any_has(ListSplit::test)) options.test = folder;
  return true;
}

std::string find_folders(DataOptions& options) {
  const fs::path folder = innermost(options.root);
  const bool split = find_split_folders(folder, options);
  if (!split) options.train = folder;
  const std::vector<fs::path> loose = loose_videos(options.train);
  const VideoNaming* naming = naming_of(loose);
  const char* splits = split ? "folders for its splits, in each " : "";
  if (naming != nullptr && options.format != DatasetFormat::folders) {
    options.format = DatasetFormat::named;
    if (options.groups.empty()) options.groups = naming->group_pattern;
    return fmt::format("{}videos named as {}'s, {}", splits, naming->dataset, naming->form);
  }
  options.format = DatasetFormat::folders;
  if (!split && find_splits_in_classes(folder, options))
    return "a folder a class, in each folders for its splits";
  naming = naming_of(videos_below(options.train));
  if (naming != nullptr && !split && options.groups.empty()) options.groups = naming->group_pattern;
  return fmt::format("{}a folder a class", splits);
}

// Lists that lie in a bucket are not looked for: who has some names them.
std::string find_bucket(DataOptions& options) {
  const std::vector<std::string> inside = class_folders(options.root);
  const auto folder_of = [&](ListSplit split) {
    const auto found = std::find_if(inside.begin(), inside.end(),
                                    [&](const std::string& name) { return is_named_after(split, name); });
    return found == inside.end() ? OptionalPath() : OptionalPath(options.root / *found / "");
  };
  options.format = DatasetFormat::folders;
  options.train = folder_of(ListSplit::train);
  const bool splits = !options.train.empty();
  if (!splits) {
    options.train = options.root / "";
  } else {
    options.val = folder_of(ListSplit::val);
    options.test = folder_of(ListSplit::test);
  }
  return splits ? "folders for its splits, in each a folder a class" : "a folder a class";
}

std::string names_of(const DataOptions& options) {
  std::string text = options.train.filename().string();
  for (const OptionalPath* list : {&options.val, &options.test})
    if (!list->empty() && *list != options.train) text += ", " + list->filename().string();
  return text;
}

}  // namespace

bool find_ucf101_lists(const fs::path& folder, DataOptions& options) {
  const std::string number = fmt::format("{:02}", options.split);
  const bool numbered = is_there(folder / ("trainlist" + number + ".txt"));
  const bool plain = is_there(folder / "trainlist.txt") && holds_plain_ucf101_lists(folder);
  if (!numbered && !plain) return false;
  const auto list = [&](const char* name) {
    const fs::path file = folder / (name + (numbered ? number : "") + ".txt");
    return is_there(file) ? OptionalPath(file) : OptionalPath();
  };
  options.format = DatasetFormat::ucf101;
  options.train = list("trainlist");
  if (options.val.empty()) options.val = list("vallist");
  if (options.test.empty()) options.test = list("testlist");
  return true;
}

std::string find_layout(DataOptions& options) {
  const bool named = !options.train.empty() || !options.val.empty() || !options.test.empty();
  const bool folders = options.format == DatasetFormat::folders || options.format == DatasetFormat::automatic;
  if (!named && folders && is_remote(options.root.native())) return find_bucket(options);
  if (named || options.root.empty() || !is_folder(options.root)) return {};
  const fs::path root = options.root;
  if (options.format == DatasetFormat::folders) return find_folders(options);
  if (find_hmdb51(root, options)) return fmt::format("HMDB51, split {}", options.split);
  for (const char* inside : {"", "ucfTrainTestlist", "annotations", "splits", "lists", "labels"}) {
    const fs::path folder = *inside == '\0' ? root : root / inside;
    if (!is_folder(folder)) continue;
    if (find_ucf101(folder, options)) {
      const VideoNaming* naming = naming_of({first_line(options.train)});
      if (options.groups.empty() && naming != nullptr) options.groups = naming->group_pattern;
      return fmt::format("UCF101, split {} ({})", options.split, names_of(options));
    }
    if (find_lists(folder, options)) return "the lists " + names_of(options);
    if (find_table_of_splits(folder, options))
      return fmt::format("the list {} with a split for each video", names_of(options));
  }
  return options.format == DatasetFormat::automatic ? find_folders(options) : std::string();
}

}  // namespace actionflow
