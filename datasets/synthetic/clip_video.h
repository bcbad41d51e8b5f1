// One clip of the synthetic dataset as a video file.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "datasets/source.h"
#include "datasets/synthetic/clip.h"

namespace actionflow {

// Writes the clip, or its beginning where `stop` is set meanwhile. See video_writer.h for what it throws.
void write_clip(const std::filesystem::path& path, const ClipPlan& plan, const StopFlag& stop);

// In the order of their labels.
std::vector<std::string_view> action_names();

// A clip of the action of this name with a person and a place that no dataset shows; none where there is no
// such action.
std::optional<ClipPlan> sample_clip(std::string_view action, std::uint64_t seed, int width, int height);

}  // namespace actionflow
