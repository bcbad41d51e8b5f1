#include "pipeline/recipe/training_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log/log.h"
#include "base/random.h"
#include "datasets/lists/dataset_scan.h"
#include "datasets/lists/reading/read_dataset.h"
#include "datasets/lists/rows_beyond.h"
#include "datasets/lists/splits/split_check.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

namespace {

constexpr std::size_t kMostNamed = 10;  // videos, one a line

// What a video has to hold for one clip without repeated samples; 0 where clips span whole videos, or are
// joined.
double clip_seconds(const TrainingData& data, const InputSpec& input) {
  const SamplingOptions& sampling = data.sampling;
  if (data.streams) return 0;
  if (sampling.mode == SamplingMode::dense) return input.frames * input.interval();
  return sampling.mode == SamplingMode::segments ? sampling.seconds : 0;
}

void name_videos(const std::vector<ScanResult::Video>& videos, const char* what) {
  for (std::size_t i = 0; i < std::min(videos.size(), kMostNamed); ++i)
    log::warn("{}{}", videos[i].why.empty() ? videos[i].name + ": " : std::string(),
              videos[i].why.empty() ? std::string(what) : videos[i].why);
  if (videos.size() > kMostNamed) log::warn("and {} more", videos.size() - kMostNamed);
}

void scan(const std::vector<VideoEntry>& entries, const char* split, const Recipe& recipe,
          const InputSpec& input) {
  if (entries.empty()) return;
  const double least = clip_seconds(recipe.data, input);
  const ScanResult result = scan_videos(entries, least, recipe.worker_threads());
  name_videos(result.unreadable, "cannot be read");
  if (!result.short_ones.empty()) {
    log::warn("{} of {} videos of {} are shorter than a clip ({:.2f} s): their last sample is repeated",
              result.short_ones.size(), entries.size(), split, least);
    name_videos(result.short_ones, "shorter than a clip");
  }
  const double share = static_cast<double>(result.unreadable.size()) / static_cast<double>(entries.size());
  if (share > recipe.data.lists.most_unreadable) {
    throw SourceError(fmt::format(
        "{} of the {} videos of {} cannot be read, more than data.most_unreadable allows ({}); the first: {}",
        result.unreadable.size(), entries.size(), split, recipe.data.lists.most_unreadable,
        result.unreadable.front().why));
  }
}

std::size_t actions_in(const std::vector<VideoEntry>& entries) {
  std::size_t actions = 0;
  for (const VideoEntry& entry : entries) {
    actions += entry.labels.size();
    actions += static_cast<std::size_t>(
        std::ranges::count_if(entry.actions, [](const TimedAction& action) { return action.label >= 0; }));
  }
  return actions;
}

void throw_rows(const std::vector<RowBeyond>& rows) {
  ListErrors errors;
  for (const RowBeyond& row : rows) errors.add(row.place, row.what);
  errors.throw_if_any();
}

void name_rows(const std::vector<RowBeyond>& rows, const char* split) {
  for (std::size_t i = 0; i < std::min(rows.size(), kMostNamed); ++i)
    log::warn("{}: {}; it is left out", rows[i].place, rows[i].what);
  if (rows.size() > kMostNamed)
    log::warn("{} rows of {} name times that their videos do not have; are they in seconds?", rows.size(),
              split);
}

bool has_labels(const std::vector<VideoEntry>& entries) { return actions_in(entries) > 0; }

// One wrong row does not end a long list's training; a list of none but such rows does.
void leave_out_rows_beyond(Dataset& dataset, int threads) {
  const std::vector<RowBeyond> of_train = rows_beyond(dataset.train, threads);
  const std::vector<RowBeyond> of_val = rows_beyond(dataset.val, threads);
  leave_out(of_train, dataset.train);
  leave_out(of_val, dataset.val);
  if (!of_train.empty() && !has_labels(dataset.train)) throw_rows(of_train);
  if (!of_val.empty() && !has_labels(dataset.val)) throw_rows(of_val);
  name_rows(of_train, "train");
  name_rows(of_val, "val");
}

// Uncut videos are no clips.
void require_clips(const Dataset& dataset) {
  for (const std::vector<VideoEntry>* split : {&dataset.train, &dataset.val}) {
    const auto timed = std::ranges::find_if(*split, &VideoEntry::timed);
    if (timed != split->end())
      throw UsageError(timed->list +
                       " says when actions happen in an uncut video, expected data.streams, which trains on "
                       "streams, or a list of clips");
  }
}

// Streams may hold one class and movements of none.
void require_classes(const Dataset& dataset) {
  if (const std::optional<std::string> only = only_class(dataset.classes, dataset))
    throw DatasetError(fmt::format(
        "all videos to train on are of the class '{}', expected two classes or more that have some", *only));
}

// Beside the frame cache and the run's output.
std::filesystem::path beside_output(const Recipe& recipe, const char* name) {
  const std::filesystem::path& output = recipe.output;
  const std::filesystem::path folder = output.has_filename() ? output : output.parent_path();
  return folder.parent_path() / name;
}

// -1: none of the dataset's.
int class_of(const Dataset& dataset, std::string_view name) {
  const auto found = std::ranges::find(dataset.classes, name);
  return found == dataset.classes.end() ? -1 : static_cast<int>(found - dataset.classes.begin());
}

// A movement that is none of the dataset's classes has no label.
VideoEntry drawn_entry(const DrawnDataset& drawn, const SyntheticVideo& video, const Dataset& dataset) {
  VideoEntry entry;
  entry.path = drawn.folder / video.path;
  entry.name = video.path;
  entry.list = drawn.folder.filename();
  const int label = class_of(dataset, drawn.scene->movements[video.plan.action]);
  if (video.labelled && label >= 0) entry.labels = {label};
  return entry;
}

// What is held out of the drawn videos is validated on where it is no class'.
void add_drawn(const DrawnOptions& options, const Recipe& recipe, Dataset& dataset) {
  const DrawnDataset drawn = drawn_dataset(options, beside_output(recipe, "drawn"), recipe.worker_threads());
  const bool validates = recipe.data.streams.has_value() && !dataset.val.empty();
  for (const SyntheticVideo& video : drawn.videos) {
    VideoEntry entry = drawn_entry(drawn, video, dataset);
    if (video.split == SyntheticSplit::train)
      dataset.train.push_back(std::move(entry));
    else if (validates && entry.labels.empty())
      dataset.val.push_back(std::move(entry));
  }
}

// Only streams can be made of them; what is held out of them stays unused, since the real videos are what is
// to be told.
void add_films(const DrawnOptions& options, const Recipe& recipe, Dataset& dataset) {
  const std::filesystem::path folder =
      drawn_films(options, beside_output(recipe, "drawn"), recipe.worker_threads());
  DataOptions lists;
  lists.root = folder;
  lists.classes = folder / "classes.txt";
  lists.train = folder / "train.txt";
  const Dataset films = read_dataset(lists, recipe.seed);
  for (VideoEntry entry : films.train) {
    for (TimedAction& action : entry.actions)
      if (action.label >= 0)
        action.label = class_of(dataset, films.classes[static_cast<std::size_t>(action.label)]);
    dataset.train.push_back(std::move(entry));
  }
}

// Leaves at most half as many movements of no class as there are actions.
void thin_out_others(std::vector<VideoEntry>& entries, std::uint64_t seed) {
  const auto first = std::stable_partition(entries.begin(), entries.end(), [](const VideoEntry& entry) {
    return entry.timed || !entry.labels.empty();
  });
  const auto others = static_cast<std::size_t>(entries.end() - first);
  const std::size_t most = actions_in(entries) / 2;
  if (others <= most) return;
  Random(seed, "other movements of val").shuffle(std::span(first, entries.end()));
  entries.resize(entries.size() - others + most);
}

}  // namespace

Dataset read_recipe_dataset(const Recipe& recipe) {
  Dataset dataset = read_dataset(recipe.data.lists, recipe.seed);
  if (recipe.data.drawn && recipe.data.drawn->any()) add_drawn(*recipe.data.drawn, recipe, dataset);
  if (recipe.data.drawn && recipe.data.drawn->films > 0) add_films(*recipe.data.drawn, recipe, dataset);
  if (recipe.data.streams) thin_out_others(dataset.val, recipe.seed);
  return dataset;
}

Dataset read_training_data(const Recipe& recipe) {
  Dataset dataset = read_recipe_dataset(recipe);
  if (!recipe.data.streams) require_clips(dataset);
  leave_out_rows_beyond(dataset, recipe.worker_threads());
  if (!recipe.data.streams) require_classes(dataset);
  if (dataset.train.empty())
    throw ModelError("there are no videos to train on: data.train names an empty list");
  if (dataset.val.empty() && recipe.early_stop.patience > 0)
    throw UsageError(
        "early_stop.patience counts epochs without a better val_top1, and there is no validation "
        "split, expected data.val or data.val_share");
  if (dataset.val.empty() && recipe.schedule.kind == ScheduleKind::plateau)
    throw UsageError(
        "schedule.kind is plateau, which lowers the rate when val_top1 rises no more, and there is no "
        "validation split, expected data.val or data.val_share, or another schedule");
  log::info("{} classes; {} videos to train on, {} to validate, {} to test", dataset.classes.size(),
            dataset.train.size(), dataset.val.size(), dataset.test.size());
  return dataset;
}

void scan_training_data(const Recipe& recipe, const Dataset& dataset, const InputSpec& input) {
  scan(dataset.train, "train", recipe, input);
  scan(dataset.val, "val", recipe, input);
}

CacheOptions cache_options(const Recipe& recipe) {
  CacheOptions options = recipe.data.cache;
  if (!options.folder.empty()) return options;
  options.folder = beside_output(recipe, "frame_cache");
  return options;
}

}  // namespace actionflow
