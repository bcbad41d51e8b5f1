// Small videos made on the spot, so that tests need no files from elsewhere.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "datasets/video/writing/video_writer.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow::testing {

struct TestVideo {
  int width = 64;
  int height = 48;
  int frames = 25;
  double fps = 25;
  std::string encoder = {};  // empty: see datasets/video/writing/video_writer.h
  int quality = 20;
  int keyframe_interval = 0;
  Orientation orientation = {};
  // Fills height × width × 3 bytes of RGB for frame k; by default a bright square moves over a ramp.
  std::function<void(int k, std::uint8_t* rgb)> paint = {};
  // Time stamp of frame k in microseconds; by default k / fps.
  std::function<std::int64_t(int k)> pts_us = {};
};

inline void paint_moving_square(const TestVideo& video, int k, std::uint8_t* rgb) {
  const int side = video.height / 3 + 1;
  const int left = video.frames > 1 ? k * (video.width - side) / (video.frames - 1) : 0;
  const int top = video.height / 3;
  for (int y = 0; y < video.height; ++y) {
    for (int x = 0; x < video.width; ++x) {
      const bool inside = x >= left && x < left + side && y >= top && y < top + side;
      std::uint8_t* pixel = rgb + 3 * (static_cast<std::ptrdiff_t>(y) * video.width + x);
      pixel[0] = inside ? 235 : static_cast<std::uint8_t>(40 + 120 * x / video.width);
      pixel[1] = inside ? 200 : static_cast<std::uint8_t>(40 + 120 * y / video.height);
      pixel[2] = inside ? 60 : 90;
    }
  }
}

inline void write_test_video(const std::filesystem::path& path, const TestVideo& video) {
  VideoWriterOptions options;
  options.width = video.width;
  options.height = video.height;
  options.frame_rate = video.fps;
  options.encoder = video.encoder;
  options.quality = video.quality;
  options.keyframe_interval = video.keyframe_interval;
  options.orientation = video.orientation;
  VideoWriter writer(path, options);
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(video.width) * video.height * 3);
  for (int k = 0; k < video.frames; ++k) {
    if (video.paint)
      video.paint(k, rgb.data());
    else
      paint_moving_square(video, k, rgb.data());
    writer.write(rgb.data(), video.pts_us ? video.pts_us(k) : std::llround(k * 1e6 / video.fps));
  }
  writer.finish();
}

}  // namespace actionflow::testing
