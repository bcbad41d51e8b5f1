// One clip of the synthetic dataset as a video file.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "datasets/synthetic/scene.h"
#include "datasets/video/source.h"

namespace actionflow {

// Writes the film of this plan in `scene`, or its beginning where `stop` is set meanwhile; returns its
// actions. See video_writer.h for what it throws.
std::vector<FilmAction> write_clip(const std::filesystem::path& path, const Scene& scene,
                                   const ClipPlan& plan, const StopFlag& stop);

// A clip of the scene's movement of this name with a person and a place that no dataset shows; none where
// there is no such movement.
std::optional<ClipPlan> sample_clip(const Scene& scene, std::string_view movement, std::uint64_t seed,
                                    int width, int height);

}  // namespace actionflow
