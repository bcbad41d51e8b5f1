#include "datasets/synthetic/clip_video.h"

#include <algorithm>
#include <cmath>

#include "datasets/video/video_writer.h"

namespace actionflow {

namespace {

constexpr std::uint32_t kBeyondDatasets = std::uint32_t{1} << 31;

}  // namespace

std::vector<FilmAction> write_clip(const std::filesystem::path& path, const Scene& scene,
                                   const ClipPlan& plan, const StopFlag& stop) {
  const std::unique_ptr<Film> film = scene.film(plan);
  VideoWriterOptions video;
  video.width = plan.width;
  video.height = plan.height;
  video.frame_rate = film->frame_rate();
  video.quality = film->quality();
  video.preset = film->preset();
  VideoWriter writer(path, video);
  for (int k = 0; k < film->frames() && !stop; ++k) {
    writer.write(film->frame(k).data(), std::llround(k / film->frame_rate() * 1e6));
  }
  writer.finish();
  return film->actions();
}

std::optional<ClipPlan> sample_clip(const Scene& scene, std::string_view movement, std::uint64_t seed,
                                    int width, int height) {
  const auto found = std::ranges::find(scene.movements, movement);
  if (found == scene.movements.end()) return std::nullopt;
  ClipPlan plan;
  plan.action = static_cast<std::size_t>(found - scene.movements.begin());
  plan.seed = seed;
  plan.clip = plan.figure = plan.background = kBeyondDatasets;
  plan.width = width;
  plan.height = height;
  return plan;
}

}  // namespace actionflow
