#include "datasets/lists/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <regex>

#include "base/text/natural_order.h"
#include "datasets/lists/list_format.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

// UCF101: clips of one group show the same people in the same place.
constexpr const char* kUcf101Groups = "v_(.+_g[0-9]+)_c[0-9]+";

using Names = std::vector<std::string_view>;

std::vector<fs::path> sorted_files(const fs::path& folder, bool folders) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const bool hidden = it->path().filename().string().starts_with('.');
    if (!hidden && is_folder(it->path()) == folders) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.string(), b.string()); });
  return files;
}

// Whether one of the words stands in a list's name: "kinetics400_val_list.txt" is of val.
bool is_named(const fs::path& list, const Names& words) {
  const std::string suffix = list.extension().string();
  if (suffix != ".txt" && suffix != ".csv" && suffix != ".json") return false;
  std::string word;
  for (const char c : list.stem().string() + "_") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else {
      if (std::find(words.begin(), words.end(), word) != words.end()) return true;
      word.clear();
    }
  }
  return false;
}

// The list of that name; one that is called nothing else goes before.
OptionalPath list_named(const std::vector<fs::path>& files, const char* key, const Names& words) {
  std::vector<fs::path> found;
  for (const fs::path& file : files) {
    if (!is_named(file, words)) continue;
    if (std::find(words.begin(), words.end(), file.stem().string()) != words.end()) return file;
    found.push_back(file);
  }
  if (found.empty()) return {};
  if (found.size() > 1)
    throw UsageError(fmt::format("data.root holds {} and {}, which may both be data.{}; name one",
                                 found[0].string(), found[1].string(), key));
  return found.front();
}

bool find_lists(const fs::path& folder, DataOptions& options) {
  const std::vector<fs::path> files = sorted_files(folder, false);
  const OptionalPath train = list_named(files, "train", {"train", "training", "trainlist"});
  if (train.empty()) return false;
  options.train = train;
  options.val = list_named(files, "val", {"val", "valid", "validation", "dev", "vallist", "validlist"});
  options.test = list_named(files, "test", {"test", "testing", "testlist"});
  if (options.classes.empty())
    options.classes = list_named(files, "classes", {"classes", "class", "labels", "classind"});
  const auto add = [&](const char* name, OptionalPath& list) {
    if (list.empty() && is_there(folder / name)) list = folder / name;
  };
  add("other.txt", options.other);
  add("unknown.txt", options.unknown);
  return true;
}

bool find_ucf101(const fs::path& folder, DataOptions& options) {
  std::error_code ignored;
  const auto list = [&](const char* name) {
    return folder / fmt::format("{}{:02}.txt", name, options.split);
  };
  if (!fs::exists(folder / "classInd.txt", ignored) || !fs::exists(list("trainlist"), ignored)) return false;
  options.format = DatasetFormat::ucf101;
  options.train = list("trainlist");
  if (fs::exists(list("testlist"), ignored)) options.test = list("testlist");
  if (options.groups.empty()) options.groups = kUcf101Groups;
  for (const char* name : {"UCF-101", "UCF101", "videos"}) {
    if (!is_folder(options.root / name)) continue;
    options.root = options.root / name;
    break;
  }
  return true;
}

// Whether the class folders hold files named as UCF101's are.
bool has_ucf101_names(const fs::path& folder) {
  static const std::regex kName(std::string(kUcf101Groups) + ".*");
  for (const fs::path& of_class : sorted_files(folder, true)) {
    const std::vector<fs::path> videos = sorted_files(of_class, false);
    if (!videos.empty()) return std::regex_match(videos.front().filename().string(), kName);
  }
  return false;
}

// A folder that holds nothing but another one, as archives are unpacked, stands for that.
fs::path innermost(fs::path folder) {
  constexpr int kDeepest = 4;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const std::vector<fs::path> inside = sorted_files(folder, true);
    if (inside.size() != 1 || sorted_files(inside.front(), true).empty()) break;
    folder = inside.front();
  }
  return folder;
}

std::string find_folders(DataOptions& options) {
  const fs::path folder = innermost(options.root);
  options.format = DatasetFormat::folders;
  const auto one_of = [&](const Names& names) {
    for (const std::string_view name : names)
      if (is_folder(folder / name)) return OptionalPath(folder / name);
    return OptionalPath();
  };
  const OptionalPath train = one_of({"train", "training"});
  if (train.empty()) {
    options.train = folder;
    if (options.groups.empty() && has_ucf101_names(folder)) options.groups = kUcf101Groups;
    return "a folder a class";
  }
  options.train = train;
  options.val = one_of({"val", "valid", "validation"});
  options.test = one_of({"test", "testing"});
  return "folders for its splits, in each a folder a class";
}

std::string names_of(const DataOptions& options) {
  std::string text = "the lists " + options.train.filename().string();
  for (const OptionalPath* list : {&options.val, &options.test})
    if (!list->empty()) text += ", " + list->filename().string();
  return text;
}

}  // namespace

std::string find_layout(DataOptions& options) {
  const bool named = !options.train.empty() || !options.val.empty() || !options.test.empty();
  if (named || options.root.empty() || !is_folder(options.root)) return {};
  const fs::path root = options.root;
  if (options.format == DatasetFormat::folders) return find_folders(options);
  for (const char* inside : {"", "ucfTrainTestlist", "annotations", "splits", "lists", "labels"}) {
    const fs::path folder = *inside == '\0' ? root : root / inside;
    if (!is_folder(folder)) continue;
    if (find_ucf101(folder, options)) return fmt::format("UCF101, split {}", options.split);
    if (format_of(folder) == DatasetFormat::hmdb51) {
      options.train = folder;
      return fmt::format("HMDB51, split {}", options.split);
    }
    if (find_lists(folder, options)) return names_of(options);
  }
  return options.format == DatasetFormat::automatic ? find_folders(options) : std::string();
}

}  // namespace actionflow
