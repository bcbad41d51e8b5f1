#include "datasets/synthetic/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "base/atomic_file.h"
#include "datasets/synthetic/actions.h"
#include "datasets/synthetic/clip_video.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 3> kSplitFiles{"train.txt", "val.txt", "test.txt"};
constexpr std::array<const char*, 6> kLists{"classes.txt", "train.txt",   "val.txt",
                                            "test.txt",    "figures.txt", "backgrounds.txt"};

// `count` things cut into 70 %, 15 % and 15 %: where each part begins, and the end.
std::array<std::uint32_t, 4> cut(std::uint32_t count) {
  const std::uint32_t held_out = std::max<std::uint32_t>(1, (15 * count + 50) / 100);
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
    for (const char* name : kLists) fs::remove(folder_ / name, ignored);
    fs::remove_all(folder_ / "videos", ignored);
    if (made_) fs::remove(folder_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  void keep() { kept_ = true; }

 private:
  fs::path folder_;
  bool made_ = false;
  bool kept_ = false;
};

// Writes every clip on several threads; the first failure ends them all and is thrown.
class Writing {
 public:
  Writing(const fs::path& folder, const std::vector<SyntheticClip>& clips, const StopFlag& stop,
          const std::function<void()>& written)
      : folder_(folder), clips_(clips), stop_(stop), written_(written) {}

  void run(int threads) {
    std::vector<std::jthread> workers;
    workers.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
    workers.clear();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work() {
    try {
      for (std::size_t i = next_++; i < clips_.size() && !stop_ && !failed_; i = next_++) {
        write_clip(folder_ / clips_[i].path, clips_[i].plan, stop_);
        written_();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      failed_ = true;
    }
  }

  const fs::path& folder_;
  const std::vector<SyntheticClip>& clips_;
  const StopFlag& stop_;
  const std::function<void()>& written_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

void write_lists(const fs::path& folder, const std::vector<SyntheticClip>& clips) {
  std::string classes;
  for (const Action& action : kActions) classes += std::string(action.name) + "\n";
  replace_file(folder / "classes.txt", classes);
  std::array<std::string, 3> lists;
  for (const SyntheticClip& clip : clips) {
    lists[static_cast<std::size_t>(clip.split)] += fmt::format("{} {}\n", clip.path, clip.plan.action);
  }
  for (std::size_t i = 0; i < lists.size(); ++i) replace_file(folder / kSplitFiles[i], lists[i]);
  std::string figures, backgrounds;
  for (const SyntheticClip& clip : clips) {
    figures += fmt::format("{} f{:04}\n", clip.path, clip.plan.figure);
    backgrounds += fmt::format("{} b{:04}\n", clip.path, clip.plan.background);
  }
  replace_file(folder / "figures.txt", figures);
  replace_file(folder / "backgrounds.txt", backgrounds);
}

}  // namespace

std::vector<SyntheticClip> plan_synthetic(const SyntheticOptions& options) {
  if (options.clips < kLeastClips)
    throw UsageError(fmt::format("a dataset needs at least {} clips, one for each split", kLeastClips));
  const std::uint32_t ways = options.clips < 6 ? 1 : 2;  // that a film is run; a few clips are all different
  const std::array<std::uint32_t, 4> films = cut((options.clips + ways - 1) / ways);
  const std::array<std::uint32_t, 4> identities = cut(std::max<std::uint32_t>(20, options.clips / 4));
  std::vector<SyntheticClip> planned;
  for (std::uint32_t i = 0; i < options.clips; ++i) {
    const std::uint32_t film = i / ways;
    std::size_t split = 0;
    while (film >= films[split + 1]) ++split;
    Random random(options.seed, "cast", 0, film);
    SyntheticClip clip;
    clip.split = static_cast<SyntheticSplit>(split);
    clip.plan.action = i % kActions.size();
    clip.plan.seed = options.seed;
    clip.plan.clip = film;
    clip.plan.figure = draw(random, identities, split);
    clip.plan.background = draw(random, identities, split);
    clip.path = fmt::format("videos/{}_f{:04}_b{:04}_{:05}.mp4", kActions[clip.plan.action].name,
                            clip.plan.figure, clip.plan.background, film);
    planned.push_back(clip);
  }
  return planned;
}

bool write_synthetic(const fs::path& folder, const SyntheticOptions& options, const StopFlag& stop,
                     const std::function<void()>& written) {
  const std::vector<SyntheticClip> clips = plan_synthetic(options);
  NewFolder made(folder);
  const int processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  Writing(folder, clips, stop, written).run(options.threads > 0 ? options.threads : processors);
  if (stop) return false;
  write_lists(folder, clips);
  made.keep();
  return true;
}

}  // namespace actionflow
