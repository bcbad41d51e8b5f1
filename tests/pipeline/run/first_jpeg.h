// A video's first picture as a camera of JPEG pictures sends it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/pictures/encoding/frame_jpeg.h"
#include "datasets/video/decoding/decoder.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"

namespace actionflow::testing {

inline std::string first_jpeg(const std::filesystem::path& video) {
  constexpr int kWidth = 160;
  const StopFlag never{false};
  SourceOptions options;
  options.source = video.string();
  const auto reader = Reader::open(options, never);
  const auto decoder = Decoder::create(reader->codec_parameters(), 1);
  std::vector<Frame> frames;
  while (frames.empty()) decoder->decode(*reader->read(), frames);
  return frame_jpeg(frames.front(), kWidth);
}

}  // namespace actionflow::testing
