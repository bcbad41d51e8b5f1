// What a format of lists has to give: rows of a name and a label, and, where it has them, its classes.
//
// A format is one file of formats/. It knows how its lists are written and how its names become paths;
// labels, parts, doubles, groups and leaks are looked at in datasets/lists/reading, for all formats
// alike.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "datasets/lists/dataset.h"
#include "datasets/lists/names/split_names.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

inline constexpr std::size_t kMostClasses = 100'000;

struct ListRow {
  std::string place;                  // "train.txt:12"
  std::string name;                   // as the list has it
  std::vector<std::string> folders;   // where the video may lie under the root: itself, its class's folder
  std::optional<std::string> label;   // a class's name or number; none where the list has none
  std::string group;                  // where the list has one
  std::filesystem::path path = {};    // where the format found it itself
  std::optional<TimeSpan> part = {};  // of the video; none: the whole of it
  std::string other_name = {};        // tried where `name` finds no video
  // Of an uncut video: then the label (none: of no class) is that of the action at `when`, and a row without
  // says only that the video is one of the list's.
  bool timed = false;
  std::optional<TimeSpan> when = {};
  bool ambiguous = false;  // what happens then counts neither way
};

class ClassList {
 public:
  ClassList() = default;
  explicit ClassList(std::vector<std::string> names, int first_number = 0);

  const std::vector<std::string>& names() const { return names_; }
  bool empty() const { return names_.empty(); }
  int first_number() const { return first_number_; }
  std::optional<int> by_name(std::string_view name) const;
  // A name, or a number counted from first_number(); names go before.
  std::optional<int> find(std::string_view label) const;
  // "0 to 9, or a class's name"
  std::string expected() const;

 private:
  std::vector<std::string> names_;
  int first_number_ = 0;
  std::unordered_map<std::string, int> index_;
};

struct ListContext {
  const DataOptions& options;
  ListSplit split;
  const ClassList& classes;  // empty: not known yet
};

// The rows of a list in its order; of some formats the list is a folder.
using RowReader = std::vector<ListRow> (*)(const std::filesystem::path& list, const ListContext& context,
                                           ListErrors& errors);
// Not for `automatic`.
RowReader row_reader(DatasetFormat format);

std::vector<ListRow> text_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> csv_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> ucf101_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> jester_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> something_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> hmdb51_rows(const std::filesystem::path& folder, const ListContext& context,
                                 ListErrors& errors);
std::vector<ListRow> folder_rows(const std::filesystem::path& folder, const ListContext& context,
                                 ListErrors& errors);
std::vector<ListRow> named_rows(const std::filesystem::path& folder, const ListContext& context,
                                ListErrors& errors);
// Of uncut videos, with times.
std::vector<ListRow> times_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> csv_times_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> epic_kitchens_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> boris_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> activitynet_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> label_studio_rows(const ListText& list, const ListContext& context, ListErrors& errors);
std::vector<ListRow> thumos14_rows(const std::filesystem::path& folder, const ListContext& context,
                                   ListErrors& errors);
// A file, or a folder of them, one a video.
std::vector<ListRow> elan_rows(const std::filesystem::path& list, const ListContext& context,
                               ListErrors& errors);
std::vector<ListRow> audacity_rows(const std::filesystem::path& list, const ListContext& context,
                                   ListErrors& errors);

// One archive or, as shard_names.h has it, many.
std::vector<ListRow> shard_rows(const std::filesystem::path& list, const ListContext& context,
                                ListErrors& errors);

// Whether the line says when something happens: `path start end label`.
bool holds_times(std::string_view line);

// Class lists: a name a line; "N name" lines with numbers that rise from 1 (classInd.txt); a JSON list of
// names or map of name to number. Labels count from 1 in lists of `ucf101`, from 0 in all others.
ClassList read_class_list(const std::filesystem::path& file, DatasetFormat format, ListErrors& errors);
std::vector<std::string> class_folders(const std::filesystem::path& root);
std::vector<std::string> hmdb51_classes(const std::filesystem::path& folder, int split);

// The format of a list by its name and its first lines. `streams`: a csv list's start and end are times of
// actions, not of parts.
DatasetFormat format_of(const std::filesystem::path& list, bool streams = false);

// Whether trainlist.txt there, which may be anybody's list, is one of UCF101's: classInd.txt is beside it, or
// one of its kind begins with "class/file" alone, whose label is the folder.
bool holds_plain_ucf101_lists(const std::filesystem::path& folder);

// "[something]" of Something-Something's templates stands without brackets in its list of labels.
std::string without_brackets(std::string_view text);

}  // namespace actionflow
