#include "datasets/synthetic/drawn_dataset.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files/file_lock.h"
#include "base/log/progress.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

SyntheticOptions synthetic(const DrawnOptions& options, int threads) {
  SyntheticOptions all;
  all.scene = scene_named(options.scene);
  all.seed = static_cast<std::uint64_t>(options.seed);
  all.threads = threads;
  return all;
}

std::int64_t videos_of(const SyntheticOptions& options) {
  return options.streams > 0 ? options.streams : options.clips + options.others.value_or(0);
}

// Under another name while it is not whole.
void draw(const SyntheticOptions& options, const fs::path& folder) {
  const fs::path unfinished = folder.string() + ".unfinished";
  std::error_code error;
  fs::remove_all(unfinished, error);
  const StopFlag never{false};
  Progress progress("draw", videos_of(options));
  write_synthetic(unfinished, options, never, [&progress] { progress.advance(); });
  fs::rename(unfinished, folder, error);
  if (error)
    throw Error(ExitCode::failure,
                fmt::format("{}: cannot be renamed: {}", unfinished.string(), error.message()));
}

// `name` below `folder`, drawn where it does not stand there.
fs::path drawn_in(const fs::path& folder, const std::string& name, const SyntheticOptions& options) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(ExitCode::failure, fmt::format("{}: cannot be made: {}", folder.string(), error.message()));
  const fs::path own = folder / name;
  const FileLock drawing = FileLock::wait(own.string() + ".lock");
  if (!fs::exists(own)) draw(options, own);
  return own;
}

}  // namespace

void DrawnOptions::describe(config::Fields<DrawnOptions>& fields) {
  fields.add("scene", &DrawnOptions::scene, "as of `generate --scene`");
  fields.add("clips", &DrawnOptions::clips, "of movements that are classes of the scene").range(0, 1'000'000);
  fields.add("others", &DrawnOptions::others, "of movements that are none of its classes")
      .range(0, 1'000'000);
  fields.add("films", &DrawnOptions::films, "without a cut, in which movements of both kinds happen")
      .range(0, 1'000'000);
  fields.add("minutes", &DrawnOptions::minutes, "of each film").range(0.1, 1440);
  fields.add("seed", &DrawnOptions::seed, "the same seed gives the same videos").range(0, 1e15);
}

void DrawnOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  const Scene* named = scene_named(scene);
  if (named == nullptr) {
    const config::Value* at = value.find("scene");
    diagnostics.add(at ? at->place() : value.place(),
                    fmt::format("there is no scene '{}', expected {}", scene, scene_names()));
  } else if (others > 0 && named->classes == named->movements.size()) {
    diagnostics.add(value.place(),
                    fmt::format("'{}' has no movements but those of its classes, expected others: 0", scene));
  }
  if (films > 0 && films < kLeastFilms)
    diagnostics.add(value.place(), fmt::format("films is {}, expected 0 or {} and more", films, kLeastFilms));
}

DrawnDataset drawn_dataset(const DrawnOptions& options, const fs::path& folder, int threads) {
  SyntheticOptions clips = synthetic(options, threads);
  clips.clips = static_cast<std::uint32_t>(options.clips);
  clips.others = static_cast<std::uint32_t>(options.others);
  const std::string name =
      fmt::format("{}_{}_{}_{}", options.scene, options.clips, options.others, options.seed);
  return {drawn_in(folder, name, clips), clips.scene, plan_synthetic(clips)};
}

fs::path drawn_films(const DrawnOptions& options, const fs::path& folder, int threads) {
  SyntheticOptions films = synthetic(options, threads);
  films.streams = static_cast<std::uint32_t>(options.films);
  films.minutes = options.minutes;
  return drawn_in(
      folder, fmt::format("{}_films_{}_{:g}_{}", options.scene, options.films, options.minutes, options.seed),
      films);
}

}  // namespace actionflow
