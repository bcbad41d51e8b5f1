#include "datasets/synthetic/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/files/atomic_file.h"
#include "base/machine/in_parallel.h"
#include "base/machine/machine_limits.h"
#include "base/random.h"
#include "datasets/synthetic/clip_video.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 3> kSplitFiles{"train.txt", "val.txt", "test.txt"};
constexpr std::array<const char*, 3> kOtherFiles{"other.txt", "unknown.txt", "unknown.txt"};

constexpr std::uint32_t kLeastClips = 3;

std::uint32_t held_out_of(std::uint32_t count) { return std::max<std::uint32_t>(1, (15 * count + 50) / 100); }

// `count` things cut into 70 %, 15 % and 15 %: where each part begins, and the end.
std::array<std::uint32_t, 4> cut(std::uint32_t count) {
  const std::uint32_t held_out = held_out_of(count);
  return {0, count - 2 * held_out, count - held_out, count};
}

std::uint32_t draw(Random& random, const std::array<std::uint32_t, 4>& parts, std::size_t part) {
  return parts[part] + static_cast<std::uint32_t>(random.below(parts[part + 1] - parts[part]));
}

// The folder while it is being filled: unless it is kept, what was made in it goes again.
class NewFolder {
 public:
  explicit NewFolder(const fs::path& folder) : folder_(folder) {
    std::error_code error;
    const fs::file_status status = fs::status(folder_, error);
    if (fs::exists(status) && !fs::is_directory(status))
      throw UsageError(folder_.string() + ": is not a folder");
    const bool empty = !fs::exists(status) || fs::is_empty(folder_, error);
    if (!empty) throw UsageError(folder_.string() + ": is not empty; name a new folder");
    made_ = fs::create_directories(folder_, error);
    if (!error) fs::create_directory(folder_ / "videos", error);
    if (error) {
      throw Error(ExitCode::failure, folder_.string() + ": cannot be made: " + error.message());
    }
  }
  ~NewFolder() {
    if (kept_) return;
    std::error_code ignored;
    for (const fs::path& list : lists_) fs::remove(list, ignored);
    fs::remove_all(folder_ / "videos", ignored);
    if (made_) fs::remove(folder_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  void add(const std::string& list, const std::string& lines) {
    lists_.push_back(folder_ / list);
    replace_file(lists_.back(), lines);
  }
  void keep() { kept_ = true; }

 private:
  fs::path folder_;
  std::vector<fs::path> lists_;
  bool made_ = false;
  bool kept_ = false;
};

using Actions = std::vector<FilmAction>;

// Lines of a list: a clip with its label, or a stream's actions with their times.
std::string lines_of(const SyntheticVideo& video, const Scene& scene, const Actions& actions) {
  if (video.plan.seconds <= 0)
    return fmt::format("{}{}\n", video.path, video.labelled ? fmt::format(" {}", video.plan.action) : "");
  if (actions.empty()) return video.path + "\n";
  std::string lines;
  for (const FilmAction& action : actions)
    lines += fmt::format("{} {:.2f} {:.2f} {}\n", video.path, action.start, action.end,
                         scene.movements[action.action]);
  return lines;
}

void write_lists(NewFolder& folder, const Scene& scene, const std::vector<SyntheticVideo>& videos,
                 const std::vector<Actions>& actions) {
  std::map<std::string, std::string> lists;
  for (std::size_t i = 0; i < scene.classes; ++i)
    lists["classes.txt"] += fmt::format("{}\n", scene.movements[i]);
  for (const char* name : kSplitFiles) lists[name];
  const bool clips = videos.front().plan.seconds <= 0;
  if (clips && scene.classes < scene.movements.size())
    for (const char* name : kOtherFiles) lists[name];
  for (std::size_t i = 0; i < videos.size(); ++i) {
    const SyntheticVideo& video = videos[i];
    lists[video.list()] += lines_of(video, scene, actions[i]);
    lists["figures.txt"] += fmt::format("{} f{:04}\n", video.path, video.plan.figure);
    lists["backgrounds.txt"] += fmt::format("{} b{:04}\n", video.path, video.plan.background);
  }
  for (const auto& [name, lines] : lists) folder.add(name, lines);
}

// The split that a film stands in, by its number.
std::size_t split_of(std::uint32_t film, const std::array<std::uint32_t, 4>& films) {
  std::size_t split = 0;
  while (film >= films[split + 1]) ++split;
  return split;
}

// A film's figure and background, of those that its split has to itself.
SyntheticVideo cast(const SyntheticOptions& options, std::uint32_t film, std::size_t split,
                    std::uint32_t films) {
  const std::array<std::uint32_t, 4> identities = cut(std::max<std::uint32_t>(20, films));
  Random random(options.seed, "cast", 0, film);
  SyntheticVideo video;
  video.split = static_cast<SyntheticSplit>(split);
  video.plan.width = options.scene->width;
  video.plan.height = options.scene->height;
  video.plan.seed = options.seed;
  video.plan.clip = film;
  video.plan.figure = draw(random, identities, split);
  video.plan.background = draw(random, identities, split);
  return video;
}

std::vector<SyntheticVideo> plan_streams(const SyntheticOptions& options) {
  if (options.streams < kLeastClips)
    throw UsageError("a dataset of streams needs at least 3, one for each list");
  const std::array<std::uint32_t, 4> films = cut(options.streams);
  std::vector<SyntheticVideo> planned;
  for (std::uint32_t i = 0; i < options.streams; ++i) {
    SyntheticVideo video = cast(options, i, split_of(i, films), options.streams);
    video.plan.seconds = 60 * options.minutes;
    video.path =
        fmt::format("videos/stream_f{:04}_b{:04}_{:05}.mp4", video.plan.figure, video.plan.background, i);
    planned.push_back(video);
  }
  return planned;
}

// Clips in which some of a scene's movements take turns.
struct Turns {
  std::uint32_t first_film = 0;
  std::uint32_t clips = 0;
  std::size_t first_movement = 0, end_movement = 0;
};

std::vector<SyntheticVideo> plan_clips(const SyntheticOptions& options, const Turns& turns) {
  const Scene& scene = *options.scene;
  // Ways that a film is run; a few clips are all different.
  const std::uint32_t ways = scene.both_ways && turns.clips >= 6 ? 2 : 1;
  const std::array<std::uint32_t, 4> films = cut((turns.clips + ways - 1) / ways);
  std::vector<SyntheticVideo> planned;
  for (std::uint32_t i = 0; i < turns.clips; ++i) {
    const std::uint32_t film = i / ways;
    SyntheticVideo clip = cast(options, turns.first_film + film, split_of(film, films), turns.clips / 4);
    clip.plan.action = turns.first_movement + i % (turns.end_movement - turns.first_movement);
    clip.labelled = clip.plan.action < scene.classes;
    clip.path = fmt::format("videos/{}_f{:04}_b{:04}_{:05}.mp4", scene.movements[clip.plan.action],
                            clip.plan.figure, clip.plan.background, turns.first_film + film);
    planned.push_back(clip);
  }
  return planned;
}

}  // namespace

const char* SyntheticVideo::list() const {
  return (labelled ? kSplitFiles : kOtherFiles)[static_cast<std::size_t>(split)];
}

// Movements take turns, so what is held out shows all of them once it is as many clips; training has more.
std::uint32_t least_clips(const Scene& scene) {
  std::uint32_t clips = kLeastClips;
  if (scene.classes == scene.movements.size()) return clips;
  while (std::size_t{2} * held_out_of(clips) < scene.movements.size()) ++clips;
  return clips;
}

std::vector<SyntheticVideo> plan_synthetic(const SyntheticOptions& options) {
  if (options.streams > 0) return plan_streams(options);
  const Scene& scene = *options.scene;
  if (options.others) {
    std::vector<SyntheticVideo> planned = plan_clips(options, {0, options.clips, 0, scene.classes});
    const std::vector<SyntheticVideo> others =
        plan_clips(options, {options.clips, *options.others, scene.classes, scene.movements.size()});
    planned.insert(planned.end(), others.begin(), others.end());
    return planned;
  }
  if (const std::uint32_t least = least_clips(scene); options.clips < least)
    throw UsageError(
        fmt::format("a dataset of '{}' needs at least {} clips, one for each list", scene.name, least));
  return plan_clips(options, {0, options.clips, 0, scene.movements.size()});
}

bool write_synthetic(const fs::path& folder, const SyntheticOptions& options, const StopFlag& stop,
                     const std::function<void()>& written) {
  const std::vector<SyntheticVideo> videos = plan_synthetic(options);
  NewFolder made(folder);
  std::vector<Actions> actions(videos.size());  // in each video
  const int threads = options.threads > 0 ? options.threads : usable_processors();
  try {
    run_in_parallel(videos.size(), threads, &stop, [&](std::size_t i) {
      actions[i] = write_clip(folder / videos[i].path, *options.scene, videos[i].plan, stop);
      written();
    });
  } catch (const Interrupted&) {
    return false;
  }
  write_lists(made, *options.scene, videos, actions);
  made.keep();
  return true;
}

}  // namespace actionflow
