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
  all.clips = static_cast<std::uint32_t>(options.clips);
  all.others = static_cast<std::uint32_t>(options.others);
  all.seed = static_cast<std::uint64_t>(options.seed);
  all.threads = threads;
  return all;
}

// Under another name while it is not whole.
void draw(const SyntheticOptions& options, const fs::path& folder) {
  const fs::path unfinished = folder.string() + ".unfinished";
  std::error_code error;
  fs::remove_all(unfinished, error);
  const StopFlag never{false};
  Progress progress("draw", options.clips + options.others.value_or(0));
  write_synthetic(unfinished, options, never, [&progress] { progress.advance(); });
  fs::rename(unfinished, folder, error);
  if (error)
    throw Error(ExitCode::failure,
                fmt::format("{}: cannot be renamed: {}", unfinished.string(), error.message()));
}

}  // namespace

void DrawnOptions::describe(config::Fields<DrawnOptions>& fields) {
  fields.add("scene", &DrawnOptions::scene, "as of `generate --scene`");
  fields.add("clips", &DrawnOptions::clips, "of movements that are classes of the scene").range(0, 1'000'000);
  fields.add("others", &DrawnOptions::others, "of movements that are none of its classes")
      .range(0, 1'000'000);
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
}

DrawnDataset drawn_dataset(const DrawnOptions& options, const fs::path& folder, int threads) {
  const SyntheticOptions drawn = synthetic(options, threads);
  const fs::path own =
      folder / fmt::format("{}_{}_{}_{}", options.scene, options.clips, options.others, options.seed);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(ExitCode::failure, fmt::format("{}: cannot be made: {}", folder.string(), error.message()));
  const FileLock drawing = FileLock::wait(own.string() + ".lock");
  if (!fs::exists(own)) draw(drawn, own);
  return {own, drawn.scene, plan_synthetic(drawn)};
}

}  // namespace actionflow
