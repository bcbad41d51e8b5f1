// Datasets as people have them: lists of videos with labels, and how they are split.
//
// Formats, told by the lists' names and first lines unless `format` says:
// - list: `path label` a line; the path may hold blanks, the label is the last word: a class's name or its
//   number from 0, several joined by commas (mmaction2, PySlowFast, VideoMAE, whatever the suffix).
// - csv: a header names the columns: path (or video, file, filename, id, youtube_id, …), label (or class,
//   action, …), and, where there are such, group (or person, subject, scene, …), split, time_start and
//   time_end (or start, end), in seconds: the sample is that part of the video, unless the file that was cut
//   there is found by Kinetics' name for it, ID_SSSSSS_SSSSSS. Quotes as in RFC 4180. Two columns without a
//   known header are path and label.
// - folders: a folder a class; train, val and test are folders with those, by themselves found under the
//   root, or one folder, in whose classes train, val and test are folders.
// - named: a folder of videos whose names say their class: v_CLASS_g01_c01 (UCF101), v_CLASS_01_01 (UCF11),
//   person01_CLASS_d1 (KTH).
// - ucf101: classInd.txt ("1 ApplyEyeMakeup"), trainlist01.txt ("class/file number from 1"), testlist01.txt
//   ("class/file") and, where there is one, vallist01.txt, or their folder as `train`, and `split` the 01;
//   https://www.crcv.ucf.edu/data/UCF101.php.
// - hmdb51: `train` is the folder of CLASS_test_splitN.txt ("file 1": train, 2: test, 0: neither),
//   `split` the N; test comes from the same lists;
//   https://serre-lab.clps.brown.edu/resource/hmdb-a-large-human-motion-database.
// - jester: `id;label`, videos are folders of frames or files named by the id; also Something-Something V1.
// - shards: tar archives, WebDataset's form: KEY.mp4 (or another video) with KEY.cls, KEY.json ("label") or
// KEY.txt
//   beside it, a class's name or number; train-{000..127}.tar names 128.
// - something: JSON, [{"id", "template"}, …]; a template's brackets fall away ("Holding [something]" is the
//   class "Holding something"); classes a JSON map of name to number; Something-Something V2.
//
// Uncut videos with the times of their actions, in seconds; what no action holds is none of them:
// - times: `path start end label` a line, several lines a video; a video without actions as its path alone.
// - csv_times: a csv whose start and end (or start_frame and end_frame) are those of an action; an empty
//   label is a movement of none of the classes. A csv with a start is one where streams are made of the
//   lists.
// - activitynet: JSON, `database`; one file for all splits.
// - thumos14: a folder of CLASS_val.txt (train, val) or CLASS_test.txt; Ambiguous_*.txt counts neither way.
// - epic_kitchens: CSV; label_column says which column is the label.
// - elan: .eaf files; `tier` says which.
// - boris: CSV or TSV of aggregated events, of which those without a duration are passed over.
// - label_studio: JSON; times in frames count by annotation_rate.
// - audacity: `start<tab>end<tab>label` lines, a .txt a video.
// ELAN, BORIS and Label Studio name videos by where they once lay: only the last name counts.
//
// Lists, classes and videos may lie on servers: https://…, s3://BUCKET/KEY (base/remote/address.h). The root
// may be such an address, too. A `folders` list is there "s3://BUCKET/FOLDER/".
//
// Names count from the root, or, where that has no video of the first name, from the list's own folder or one
// of the root's folders that has, and cannot lead out of it. A name without a suffix finds the folder, .webm,
// .mp4, .avi, .mkv or .mov of that name. `classes` has a name a line (or classInd.txt, or JSON); without it
// classes are the folders, or the train list's labels, sorted. Several labels of a `list`, and several
// numbers, then count one by one; a csv label with a separator that is no number may be one name or several,
// so `classes` is asked for.
//
// What is wrong in a list is collected, not thrown one by one: DatasetError has `file:line: error: …` a line.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/config/config.h"
#include "base/config/optional_path.h"
#include "base/error.h"
#include "datasets/recordings/time_span.h"
#include "datasets/recordings/timed_action.h"
#include "datasets/video/source_options.h"

namespace actionflow {

// A data file that is wrong or does not fit (exit code 4).
class DatasetError : public Error {
 public:
  explicit DatasetError(const std::string& message) : Error(ExitCode::model, message) {}
};

enum class DatasetFormat {
  automatic,
  list,
  csv,
  folders,
  named,
  ucf101,
  hmdb51,
  jester,
  something,
  shards,
  times,
  csv_times,
  activitynet,
  thumos14,
  epic_kitchens,
  elan,
  boris,
  label_studio,
  audacity
};

struct VideoEntry {
  std::filesystem::path path;  // as it can be opened
  std::string name;            // as the list has it
  std::vector<int> labels;     // one, or several for many-label data; empty: none of the classes (unknown)
  std::string group;           // person, scene or source video; empty: none named
  std::string list;            // the list and its line: "train.txt:12"
  double frame_rate = 25;      // of a folder of frames
  std::optional<TimeSpan> part = {};  // that is this sample; none: the whole video
  bool timed = false;                 // an uncut video: what happens in it has times; `labels` is then empty
  std::vector<TimedAction> actions = {};        // by their starts
  std::vector<std::string> action_places = {};  // in their list, of each action: "train.txt:14"

  SourceOptions source() const;
  // The name, with the part where it is one: "film.mp4, 2 to 4.5 s".
  std::string title() const;
  // The title, and what tells it from another video of that title without opening it: the size of its file,
  // and where in an archive it lies; on a server its address.
  std::string identity() const;
  // What is wrong with it, behind its row where that names a part: the file itself may be sound.
  std::string wrong(const std::string& what) const;
};

// Keys `data.*` of a recipe that say where the data is. Reading them finds lists and classes, under the root
// first, then beside the recipe; without a root names count from the recipe's folder. Where the root stands
// on the command line, lists that the recipe's file names and that are in neither place are none. Without
// train, val and test the root's layout says what they are (layout.h), and a fifth of train becomes val
// unless told. Whoever sets them in code names lists as they can be opened.
struct DataOptions {
  OptionalPath root;
  DatasetFormat format = DatasetFormat::automatic;
  OptionalPath classes;
  OptionalPath train, val, test;  // lists; for `folders`, folders
  OptionalPath other;             // videos of no class to train on
  OptionalPath unknown;           // videos of no class, for the threshold of rejection
  // Where there is no val: this share of train, by group where groups are named. kValShare where nothing says
  // how to split.
  static constexpr double kValShare = 0.2;
  double val_share = 0;
  int folds = 0;  // for cross-validation: one of so many parts of train, by group, is the test split
  int fold = 0;   // which
  // Of so many parts of train that are one another's training data, which one is val where there is no val
  // list; 0: val_share is. Set by whoever trains on each.
  int val_parts = 0, val_part = 0;
  int split = 1;  // of hmdb51, and of ucf101 where `train` is a folder
  // A regular expression on the entry's name whose first group is the entry's group, or a file of
  // `name group` lines.
  std::string groups;
  double most_unreadable = 0.05;  // share of a split above which training does not start
  double frame_rate = 25;         // of folders of frames
  std::string label_column;       // of tables; empty: the first one with a usual name
  std::string tier;               // of ELAN; empty: the one that has annotations
  double annotation_rate = 0;     // of times that are counted in frames; 0: not known
  bool streams = false;           // streams are made of the lists; set by who reads a recipe
  std::string root_place;         // where a recipe names its root, for messages: "recipe.yaml:4:9"
  static void describe(config::Fields<DataOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics);

 private:
  void forget_lists_that_are_elsewhere(const config::Value& value);
};

struct Dataset {
  std::vector<std::string> classes;
  std::vector<VideoEntry> train;  // ends with the videos of no class (`other`)
  // Where streams are made of the lists, a fifth of `other` (or val_share) is in val, at its end.
  std::vector<VideoEntry> val, test, unknown;
  // What is odd but no error, a line each: classes without training videos, names without a group. Logged
  // already.
  std::vector<std::string> warnings;
};

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::DatasetFormat> {
  using Kind = actionflow::DatasetFormat;
  static constexpr std::array<std::pair<Kind, std::string_view>, 19> names{
      {{Kind::automatic, "auto"},
       {Kind::list, "list"},
       {Kind::csv, "csv"},
       {Kind::folders, "folders"},
       {Kind::named, "named"},
       {Kind::ucf101, "ucf101"},
       {Kind::hmdb51, "hmdb51"},
       {Kind::jester, "jester"},
       {Kind::something, "something"},
       {Kind::shards, "shards"},
       {Kind::times, "times"},
       {Kind::csv_times, "csv_times"},
       {Kind::activitynet, "activitynet"},
       {Kind::thumos14, "thumos14"},
       {Kind::epic_kitchens, "epic_kitchens"},
       {Kind::elan, "elan"},
       {Kind::boris, "boris"},
       {Kind::label_studio, "label_studio"},
       {Kind::audacity, "audacity"}}};
};
