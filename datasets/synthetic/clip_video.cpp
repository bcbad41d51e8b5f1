#include "datasets/synthetic/clip_video.h"

#include <cmath>

#include "datasets/video/writing/video_writer.h"

namespace actionflow {

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

}  // namespace actionflow
