// Datasets as people have them: lists of videos with labels, and how they are split.
//
// Formats, told by the file's content and name unless `format` says: `path label` lists (label a number or
// a class's name; Kinetics), CSV with a header (path and label columns by name), a folder a class, UCF101
// (classInd.txt, trainlistNN.txt, testlistNN.txt), HMDB51 (*_test_splitN.txt with 0, 1, 2), Jester
// (`id;label`, folders of frames) and Something-Something (JSON). Paths are relative to the root.
//
// What is wrong in a list is collected, not thrown one by one: DatasetError lists `file:line: …`. It is a
// ModelError in its exit code (a data file that is wrong or does not fit).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/error.h"
#include "datasets/source.h"

namespace actionflow {

enum class DatasetFormat { automatic, list, csv, folders, ucf101, hmdb51, jester, something };

struct VideoEntry {
  std::filesystem::path path;  // as it can be opened
  std::string name;            // as the list has it
  std::vector<int> labels;     // one, or several for many-label data; empty: none of the classes (unknown)
  std::string group;           // person, scene or source video; empty: none named
  std::string list;            // the list and its line: "train.txt:12"
  double frame_rate = 25;      // of a folder of frames
};

// Keys `data.*` of a recipe that say where the data is.
struct DataOptions {
  std::filesystem::path root;
  DatasetFormat format = DatasetFormat::automatic;
  std::filesystem::path classes;  // a name a line (or what the format has: classInd.txt, a JSON of labels)
  std::filesystem::path train, val, test;  // lists; for `folders`, folders
  std::filesystem::path unknown;           // videos of no class, for the threshold of rejection
  double val_share = 0;  // where there is no val: this share of train, by group where groups are named
  // A regular expression on the entry's name whose first group is the entry's group, or a file of
  // `name group` lines.
  std::string groups;
  double most_unreadable = 0.05;  // share of a split above which training does not start
  double frame_rate = 25;         // of folders of frames
  static void describe(config::Fields<DataOptions>& fields);
};

struct Dataset {
  std::vector<std::string> classes;
  std::vector<VideoEntry> train, val, test, unknown;
};

// Reads every list named; paths are not opened. Checks: at least two classes, labels in range, no video
// twice in a split, no video and no group on both sides of a split (a leak: the error names the files).
Dataset read_dataset(const DataOptions& options, std::uint64_t seed);

// Folds for leave-groups-out: entries whose group's number (its place among the sorted groups, or the
// number that it is) modulo `folds` is `fold` become `held_out`, the others `rest`.
void split_fold(const std::vector<VideoEntry>& entries, int folds, int fold, std::vector<VideoEntry>& rest,
                std::vector<VideoEntry>& held_out);

struct ScanResult {
  struct Video {
    std::string name;
    std::string why;  // empty where it is fine
    double seconds = 0;
    std::int64_t frames = 0;  // counted packets
  };
  std::vector<Video> unreadable;
  std::vector<Video> short_ones;  // shorter than a clip
  std::int64_t videos = 0;
};

// Opens every entry, counts its packets and decodes its first frame; in parallel, with progress.
ScanResult scan_videos(const std::vector<VideoEntry>& entries, double least_seconds, int threads);

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::DatasetFormat> {
  using Kind = actionflow::DatasetFormat;
  static constexpr std::array<std::pair<Kind, std::string_view>, 8> names{{{Kind::automatic, "auto"},
                                                                           {Kind::list, "list"},
                                                                           {Kind::csv, "csv"},
                                                                           {Kind::folders, "folders"},
                                                                           {Kind::ucf101, "ucf101"},
                                                                           {Kind::hmdb51, "hmdb51"},
                                                                           {Kind::jester, "jester"},
                                                                           {Kind::something, "something"}}};
};
