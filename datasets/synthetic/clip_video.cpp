#include "datasets/synthetic/clip_video.h"

#include <algorithm>
#include <cmath>

#include "datasets/synthetic/actions.h"
#include "datasets/video_writer.h"

namespace actionflow {

namespace {

constexpr std::uint32_t kBeyondDatasets = std::uint32_t{1} << 31;

}  // namespace

void write_clip(const std::filesystem::path& path, const ClipPlan& plan, const StopFlag& stop) {
  const DrawnClip clip(plan);
  VideoWriterOptions video;
  video.width = plan.width;
  video.height = plan.height;
  video.frame_rate = DrawnClip::kFrameRate;
  video.quality = 25;
  VideoWriter writer(path, video);
  for (int k = 0; k < clip.frames() && !stop; ++k) {
    writer.write(clip.frame(k).data(), std::llround(k / DrawnClip::kFrameRate * 1e6));
  }
  writer.finish();
}

std::vector<std::string_view> action_names() {
  std::vector<std::string_view> names;
  names.reserve(kActions.size());
  for (const Action& action : kActions) names.push_back(action.name);
  return names;
}

std::optional<ClipPlan> sample_clip(std::string_view action, std::uint64_t seed, int width, int height) {
  const auto found = std::ranges::find(kActions, action, &Action::name);
  if (found == kActions.end()) return std::nullopt;
  ClipPlan plan;
  plan.action = static_cast<std::size_t>(found - kActions.begin());
  plan.seed = seed;
  plan.clip = plan.figure = plan.background = kBeyondDatasets;
  plan.width = width;
  plan.height = height;
  return plan;
}

}  // namespace actionflow
