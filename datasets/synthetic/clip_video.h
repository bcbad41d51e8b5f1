// One clip of the synthetic dataset as a video file.
#pragma once

#include <filesystem>
#include <vector>

#include "datasets/synthetic/scene.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

// Writes the film of this plan in `scene`, or its beginning where `stop` is set meanwhile; returns its
// actions. See video_writer.h for what it throws.
std::vector<FilmAction> write_clip(const std::filesystem::path& path, const Scene& scene,
                                   const ClipPlan& plan, const StopFlag& stop);

}  // namespace actionflow
