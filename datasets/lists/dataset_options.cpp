#include "datasets/lists/dataset.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/text/remote_name.h"
#include "datasets/lists/list_paths.h"
#include "datasets/lists/shard_names.h"
#include "datasets/video/file_stretch.h"

namespace actionflow {

namespace fs = std::filesystem;

void DataOptions::describe(config::Fields<DataOptions>& fields) {
  fields.add("root", &DataOptions::root,
             "folder, or address, that the lists' names count from; none: the recipe's");
  fields.add("format", &DataOptions::format, "of the lists; auto: told by their names and first lines");
  fields.add("classes", &DataOptions::classes, "names of the classes, a line each; none: the lists' own");
  fields.add("train", &DataOptions::train, "list of training videos (folders: their folder)");
  fields.add("val", &DataOptions::val, "list that chooses the best weights");
  fields.add("test", &DataOptions::test, "list that nothing is chosen by");
  fields.add("other", &DataOptions::other,
             "list of videos of no class to train on: the network learns to be sure of nothing there");
  fields.add("unknown", &DataOptions::unknown, "list of videos of no class, for the threshold of rejection");
  fields
      .add("val_share", &DataOptions::val_share,
           "share of train that becomes val where no val is named; whole groups where groups are named")
      .range(0, 0.9);
  fields
      .add("folds", &DataOptions::folds,
           "cross-validation: train is cut by group into so many parts, and one takes test's place; 0: none")
      .range(0, 1000);
  fields.add("fold", &DataOptions::fold, "the part that is tested, counted from 0").range(0, 999);
  fields
      .add("split", &DataOptions::split,
           "number of the split, where train is the folder of UCF101's or HMDB51's lists")
      .range(1, 99);
  fields.add("groups", &DataOptions::groups,
             "people, scenes or source videos that may not stand on both sides of a split: a regular "
             "expression on the name whose first (…) is the group, or a file of `name group` lines");
  fields
      .add("most_unreadable", &DataOptions::most_unreadable,
           "share of unreadable videos above which training does not start")
      .range(0, 1);
  fields
      .add("frame_rate", &DataOptions::frame_rate,
           "frames a second of folders of frames, which have no time stamps")
      .range(0.001, 1000);
  fields.add("label_column", &DataOptions::label_column,
             "of csv_times and epic_kitchens: the column that is the label; none: the one with a usual name");
  fields.add("tier", &DataOptions::tier,
             "of elan: the tier whose annotations are the actions; none: the only one that has some");
  fields
      .add("annotation_rate", &DataOptions::annotation_rate,
           "frames a second, where a list counts times in frames (label_studio, csv_times); 0: not known")
      .range(0, 1000);
}

namespace {

// Whether the key stands in the recipe's file, not on the command line.
bool is_in_file(const config::Value& value, const char* key) {
  const config::Value* written = value.find(key);
  return written != nullptr && written->place().line > 0;
}

bool is_on_command_line(const config::Value& value, const char* key) {
  const config::Value* written = value.find(key);
  return written != nullptr && written->place().line == 0 && written->place().file != nullptr;
}

}  // namespace

// A recipe's lists are of its own videos: another folder, named on the command line, need not hold them.
void DataOptions::forget_lists_that_are_elsewhere(const config::Value& value) {
  if (!is_on_command_line(value, "root") || !is_there(root)) return;
  const auto forget = [&](const char* key, OptionalPath& list) {
    const bool gone = !list.empty() && is_in_file(value, key) && !is_there(list);
    if (gone) list.clear();
    return gone;
  };
  const bool no_train = forget("train", train);
  const bool no_val = forget("val", val);
  forget("test", test);
  forget("classes", classes);
  forget("other", other);
  forget("unknown", unknown);
  if (no_val && !train.empty() && val_share == 0) val_share = DataOptions::kValShare;
  if (!no_train) return;
  if (is_in_file(value, "format")) format = DatasetFormat::automatic;
  if (is_in_file(value, "groups")) groups.clear();
  if (is_in_file(value, "folds")) folds = 0;
}

void DataOptions::check(const config::Value& value, config::Diagnostics&) {
  if (const config::Value* named = value.find("root"); named && !root.empty())
    root_place = config::to_string(named->place());
  if (names_shards(root.native()) && train.empty()) train = std::exchange(root, value.folder());
  if (root.empty()) root = value.folder();
  const auto locate = [&](const char* key, OptionalPath& path) {
    const config::Value* written = value.find(key);
    if (!written || !written->is_scalar() || written->text().empty()) return;
    const fs::path text(written->text());
    if (text.empty()) return path.clear();  // val: "" names none
    if (is_remote(text.native())) return;
    std::error_code ignored;
    const fs::path first = shard_names(text.string()).front();
    if (text.is_absolute() ||
        (fs::exists(path.parent_path() / first.filename(), ignored) && !fs::exists(root / first, ignored)))
      return;
    path = root / text;
  };
  locate("classes", classes);
  locate("train", train);
  locate("val", val);
  locate("test", test);
  locate("other", other);
  locate("unknown", unknown);
  forget_lists_that_are_elsewhere(value);
  const bool named = !train.empty() || !val.empty() || !test.empty();
  if (!named && value.find("val_share") == nullptr) val_share = DataOptions::kValShare;
}

SourceOptions VideoEntry::source() const {
  SourceOptions options;
  options.source = path.string();
  options.frame_rate = frame_rate;
  return options;
}

std::string VideoEntry::title() const {
  return part ? fmt::format("{}, {:g} to {:g} s", name, part->begin, part->end) : name;
}

std::string VideoEntry::identity() const {
  if (is_remote(path.native())) return title() + "\n" + path.string();
  const std::optional<FileStretch> stretch = file_stretch(path.native());
  std::error_code none;  // a folder of frames, or what is not there
  const std::uintmax_t bytes = fs::file_size(stretch ? fs::path(stretch->file) : path, none);
  const std::string place = stretch ? fmt::format(" {}+{}", stretch->offset, stretch->size) : "";
  return fmt::format("{}\n{}{}", title(), none ? 0 : bytes, place);
}

std::string VideoEntry::wrong(const std::string& what) const {
  return part && !list.empty() ? list + ": " + what : what;
}

}  // namespace actionflow
