// The project's sample: a drawn person in a room makes one large gesture for the camera.
//
// Deterministic: the same gesture and seed give the same pictures. The person, the room and the light
// vary with the seed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace actionflow {

enum class SampleGesture { thumbs_up, swipe_left, stop };

struct SampleVideoOptions {
  SampleGesture gesture = SampleGesture::thumbs_up;
  std::uint64_t seed = 1;
  int width = 320;
  int height = 240;
  double seconds = 2.5;
  double frame_rate = 25;
};

// One picture, height × width × 3 bytes of RGB, at `time` seconds into the gesture.
std::vector<std::uint8_t> draw_sample(const SampleVideoOptions& options, double time);

// Writes the whole clip; see video_writer.h for what it throws.
void write_sample_video(const std::filesystem::path& path, const SampleVideoOptions& options);

}  // namespace actionflow
