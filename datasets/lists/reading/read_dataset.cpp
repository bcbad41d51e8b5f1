#include "datasets/lists/reading/read_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/log/log.h"
#include "base/text/remote_name.h"
#include "base/text/utf8.h"
#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/names/video_naming.h"
#include "datasets/lists/reading/labels.h"
#include "datasets/lists/reading/layout.h"
#include "datasets/lists/reading/video_locator.h"
#include "datasets/lists/splits/groups.h"
#include "datasets/lists/splits/held_out.h"
#include "datasets/lists/splits/split_check.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

bool may_be_ucf101(const DataOptions& options) {
  const bool format = options.format == DatasetFormat::ucf101 || options.format == DatasetFormat::automatic;
  return format && !options.train.empty() && is_folder(options.train);
}

// Options with the lists filled in that the format, or the root's layout, names. `layout`: what was found.
DataOptions with_found_lists(DataOptions options, std::string& layout) {
  if (may_be_ucf101(options)) find_ucf101_lists(fs::path(options.train), options);
  layout = find_layout(options);
  return options;
}

// Kinetics' name for a part that was cut out, "id_000010_000020"; empty where it does not begin and end at
// whole seconds.
std::string cut_name(const std::string& name, const TimeSpan& part) {
  const auto is_whole = [](double seconds) { return seconds == std::floor(seconds) && seconds < 1e9; };
  if (!is_whole(part.begin) || !is_whole(part.end)) return {};
  return fmt::format("{}_{:06d}_{:06d}", without_video_suffix(name), static_cast<long>(part.begin),
                     static_cast<long>(part.end));
}

// "train.txt:12" of "lists/train.txt:12".
std::string shown_place(const ListRow& row) { return row.place.substr(row.place.rfind('/') + 1); }

// "clap, wave, …"
std::string shown_classes(const std::vector<std::string>& classes) {
  constexpr std::size_t kMostShown = 8;
  const std::size_t shown = std::min(classes.size(), kMostShown);
  return fmt::format("{}{}",
                     fmt::join(classes.begin(), classes.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                     shown < classes.size() ? ", …" : "");
}

class DatasetReader {
 public:
  DatasetReader(const DataOptions& options, std::uint64_t seed)
      : options_(with_found_lists(options, layout_)), seed_(seed), locator_(options_.root) {}

  Dataset read();

 private:
  using Rows = std::vector<ListRow>;

  DatasetFormat format_for(const fs::path& list) const;
  bool tests_from_train_list() const;
  Rows rows_of(const fs::path& list, ListSplit split);
  void read_classes();
  void find_video(const ListRow& row, VideoEntry& entry);
  VideoLocator locator_for(const fs::path& list, const Rows& rows) const;
  VideoEntry entry_of(const ListRow& row, ListSplit split, const Groups& groups);
  void add_timed(const ListRow& row, ListSplit split, const Groups& groups,
                 std::unordered_map<std::string, std::size_t>& places, std::vector<VideoEntry>& entries);
  std::vector<VideoEntry> entries_of(const fs::path& list, const Rows& rows, ListSplit split,
                                     const Groups& groups);
  void require_root() const;
  void tell_layout() const;

  std::string layout_;  // that the root was found to have; empty where lists were named
  const DataOptions options_;
  const std::uint64_t seed_;
  VideoLocator locator_;  // of the list that is being read
  ListErrors errors_;
  ClassList classes_;
  bool classes_are_sure_ = true;  // not where they were inferred of rows of which some are wrong
  Dataset dataset_;
};

DatasetFormat DatasetReader::format_for(const fs::path& list) const {
  return options_.format == DatasetFormat::automatic ? format_of(list, options_.streams) : options_.format;
}

bool DatasetReader::tests_from_train_list() const {
  return options_.test.empty() && !options_.train.empty() &&
         format_for(options_.train) == DatasetFormat::hmdb51;
}

DatasetReader::Rows DatasetReader::rows_of(const fs::path& list, ListSplit split) {
  if (list.empty()) return {};
  const ListContext context{options_, split, classes_};
  DatasetFormat format = format_for(list);
  // Videos of no class stand in whatever list or folder is at hand.
  if (split == ListSplit::unknown && format == DatasetFormat::hmdb51) format = DatasetFormat::folders;
  const bool of_folders = format == DatasetFormat::folders || format == DatasetFormat::named;
  if (split == ListSplit::unknown && !is_folder(list) && of_folders)
    format = format_of(list, options_.streams);
  return row_reader(format)(list, context, errors_);
}

// What the options or the format name; may leave them empty.
void DatasetReader::read_classes() {
  const fs::path& train = options_.train.empty() ? options_.test : options_.train;
  const DatasetFormat format = train.empty() ? options_.format : format_for(train);
  if (!options_.classes.empty()) {
    classes_ = read_class_list(options_.classes, format, errors_);
  } else if (format == DatasetFormat::ucf101 && is_there(train.parent_path() / "classInd.txt")) {
    classes_ = read_class_list(train.parent_path() / "classInd.txt", format, errors_);
  } else if (format == DatasetFormat::hmdb51) {
    classes_ = ClassList(hmdb51_classes(train, options_.split));
  } else if (format == DatasetFormat::folders) {
    classes_ = ClassList(class_folders(train));
  }
  const bool are_files = format == DatasetFormat::hmdb51 || format == DatasetFormat::folders;
  if (!options_.classes.empty() || !are_files) return;
  for (const std::string& name : classes_.names()) {
    if (!is_utf8(name)) errors_.add((train / name).string(), "the class's name is not UTF-8, rename it");
  }
}

// Names count from the root; where that has no video of the first names, from the list's own folder or from
// one of the root's folders. Some of them may be missing wherever the others are.
VideoLocator DatasetReader::locator_for(const fs::path& list, const Rows& rows) const {
  constexpr std::size_t kTried = 1000;
  const std::span<const ListRow> tried(rows.data(), std::min(rows.size(), kTried));
  const auto has_some = [&](VideoLocator& place) {
    return std::ranges::any_of(tried, [&](const ListRow& row) { return place.find(row).has_value(); });
  };
  VideoLocator under_root(options_.root), beside_list(list.parent_path());
  const bool far = is_remote(options_.root.native());
  if (far || rows.empty() || list.empty() || has_some(under_root)) return under_root;
  if (has_some(beside_list)) return beside_list;
  if (is_remote(list.native())) return beside_list;
  for (const fs::path& folder : folders_in(options_.root)) {
    if (VideoLocator inside(folder); has_some(inside)) return inside;
  }
  return under_root;
}

// Where the row names a part, the file that was cut there goes before the whole video.
void DatasetReader::find_video(const ListRow& row, VideoEntry& entry) {
  if (!row.other_name.empty() && !locator_.find(row)) {
    ListRow other = row;
    other.name = row.other_name;
    if (std::optional<fs::path> found = locator_.find(other)) {
      entry.path = std::move(*found);
      return;
    }
  }
  std::optional<fs::path> path = locator_.locate(row, errors_);
  if (!path) return;
  if (row.part) {
    ListRow cut = row;
    cut.name = cut_name(row.name, *row.part);
    std::optional<fs::path> file = cut.name.empty() ? std::nullopt : locator_.find(cut);
    const bool neither = !file && !cut.name.empty() && !is_there(*path) && !path->has_extension();
    if (neither) file = locator_.locate(cut, errors_);
    if (file) {
      entry.name = cut.name;
      entry.path = std::move(*file);
      return;
    }
    entry.part = row.part;
  }
  entry.path = std::move(*path);
}

VideoEntry DatasetReader::entry_of(const ListRow& row, ListSplit split, const Groups& groups) {
  VideoEntry entry;
  entry.name = row.name;
  entry.list = shown_place(row);
  entry.frame_rate = options_.frame_rate;
  if (row.name.empty())
    errors_.add(row.place, "has no video's name");
  else
    find_video(row, entry);
  entry.group = groups.any() ? groups.of(entry.name) : row.group;
  entry.timed = row.timed;
  if (split == ListSplit::unknown || row.timed) return entry;
  if (!row.label)
    errors_.add(row.place, fmt::format("'{}' has no label, expected {}", row.name, classes_.expected()));
  else if (!classes_.empty() && classes_are_sure_)
    entry.labels = row_labels(row, classes_, errors_);
  return entry;
}

// A video's actions stand in rows of their own.
void DatasetReader::add_timed(const ListRow& row, ListSplit split, const Groups& groups,
                              std::unordered_map<std::string, std::size_t>& places,
                              std::vector<VideoEntry>& entries) {
  const auto [at, added] = places.emplace(row.name, entries.size());
  if (added) entries.push_back(entry_of(row, split, groups));
  if (!row.when) return;
  VideoEntry& entry = entries[at->second];
  std::vector<int> labels{row.ambiguous ? kAmbiguous : kMovementOfNone};
  const bool known = !classes_.empty() && classes_are_sure_;
  if (row.label) labels = known ? row_labels(row, classes_, errors_) : std::vector<int>();
  for (const int label : labels) {
    const auto later =
        std::upper_bound(entry.actions.begin(), entry.actions.end(), row.when->begin,
                         [](double start, const TimedAction& action) { return start < action.start; });
    entry.action_places.insert(entry.action_places.begin() + (later - entry.actions.begin()),
                               shown_place(row));
    entry.actions.insert(later, {label, row.when->begin, row.when->end});
  }
}

std::vector<VideoEntry> DatasetReader::entries_of(const fs::path& list, const Rows& rows, ListSplit split,
                                                  const Groups& groups) {
  locator_ = locator_for(list, rows);
  std::vector<VideoEntry> entries;
  entries.reserve(rows.size());
  const std::size_t errors_before = errors_.count();
  std::unordered_map<std::string, std::size_t> timed;  // by their names
  for (const ListRow& row : rows) {
    if (errors_.too_many()) break;
    if (row.timed)
      add_timed(row, split, groups, timed, entries);
    else
      entries.push_back(entry_of(row, split, groups));
  }
  if (!list.empty() && rows.empty() && !errors_.any()) errors_.add(list.string(), "holds no videos");
  if (errors_.count() == errors_before) find_doubles(entries, errors_);
  return entries;
}

void DatasetReader::require_root() const {
  if (options_.root.empty() || is_remote(options_.root.native()) || is_folder(options_.root)) return;
  const std::string place = options_.root_place.empty() ? std::string() : options_.root_place + ": error: ";
  throw DatasetError(fmt::format(
      "{}data.root is '{}', {}, expected the folder that holds the videos", place, options_.root.string(),
      is_there(options_.root) ? "which is no folder" : "and there is no such folder"));
}

// One line for people who named a folder and nothing else.
void DatasetReader::tell_layout() const {
  if (layout_.empty()) return;
  const std::string drawn = options_.val.empty() && !dataset_.val.empty()
                                ? fmt::format(" drawn from train (data.val_share={:g})", options_.val_share)
                                : std::string();
  log::info("{}: {}; {} classes ({}), {} videos to train on, {} to validate{}, {} to test",
            options_.root.string(), layout_, dataset_.classes.size(), shown_classes(dataset_.classes),
            dataset_.train.size(), dataset_.val.size(), drawn, dataset_.test.size());
}

Dataset DatasetReader::read() {
  require_root();
  const Groups groups(options_.groups, options_.root, errors_);
  read_classes();
  fs::path test = tests_from_train_list() ? options_.train : options_.test;
  if (options_.folds > 0) test.clear();
  const Rows train = rows_of(options_.train, ListSplit::train);
  if (classes_.empty() && options_.classes.empty()) {
    if (options_.train.empty())
      classes_ = inferred_classes(test, format_for(test), rows_of(test, ListSplit::test), errors_);
    else
      classes_ = inferred_classes(options_.train, format_for(options_.train), train, errors_);
    classes_are_sure_ = !errors_.any();
  }
  dataset_.train = entries_of(options_.train, train, ListSplit::train, groups);
  dataset_.val = entries_of(options_.val, rows_of(options_.val, ListSplit::val), ListSplit::val, groups);
  dataset_.test = entries_of(test, rows_of(test, ListSplit::test), ListSplit::test, groups);
  dataset_.unknown =
      entries_of(options_.unknown, rows_of(options_.unknown, ListSplit::unknown), ListSplit::unknown, groups);
  if (!errors_.any() && classes_.names().size() < 2)
    errors_.add(options_.classes.empty() ? options_.train.string() : options_.classes.string(),
                classes_.empty()
                    ? "there are no classes, expected at least two"
                    : fmt::format("the only class is '{}', expected at least two", classes_.names().front()));
  std::vector<VideoEntry> other =
      entries_of(options_.other, rows_of(options_.other, ListSplit::unknown), ListSplit::unknown, groups);
  if (!errors_.any() && options_.folds > 0) {
    const std::vector<VideoEntry> all = std::move(dataset_.train);
    split_fold(all, options_.folds, options_.fold, dataset_.train, dataset_.test);
  }
  if (!errors_.any()) find_leaks(dataset_, other, errors_);
  if (!errors_.any() && groups.any()) warn_of_groups(dataset_, errors_);
  const bool parts = dataset_.val.empty() && options_.val_parts > 0;
  const HeldOut held_out{options_.val_share, parts ? options_.val_parts : 0, options_.val_part};
  if (!errors_.any() && dataset_.val.empty() && (parts || options_.val_share > 0)) {
    draw_val(dataset_, held_out, seed_, errors_);
    find_leaks(dataset_, other, errors_);
  }
  errors_.throw_if_any();
  if (options_.streams && !dataset_.val.empty()) {
    HeldOut of_other = held_out;
    if (of_other.share == 0) of_other.share = DataOptions::kValShare;
    draw_other_val(dataset_, other, of_other, seed_);
  }
  if (layout_.empty() && !options_.val.empty() && options_.val_share > 0)
    dataset_.warnings.emplace_back("data.val_share is not used, since data.val names the validation list");
  warn_of_classes(classes_.names(), dataset_);
  dataset_.train.insert(dataset_.train.end(), other.begin(), other.end());
  for (const std::string& warning : dataset_.warnings) log::warn("{}", warning);
  dataset_.classes = classes_.names();
  tell_layout();
  return std::move(dataset_);
}

}  // namespace

Dataset read_dataset(const DataOptions& options, std::uint64_t seed) {
  return DatasetReader(options, seed).read();
}

}  // namespace actionflow
