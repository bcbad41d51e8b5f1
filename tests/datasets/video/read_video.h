// Reads and decodes a whole source, for tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "datasets/video/decoding/decoder.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/packet.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"

namespace actionflow::testing {

inline SourceOptions source_of(const std::filesystem::path& path) {
  SourceOptions source;
  source.source = path.string();
  return source;
}

struct Decoded {
  StreamInfo info;
  std::vector<Frame> frames;
  std::int64_t damaged = 0;  // of the container and the codec
};

inline Decoded read_all(const SourceOptions& options, const Clock& clock = Clock::system()) {
  const StopFlag stop{false};
  const std::unique_ptr<Reader> reader = Reader::open(options, stop, clock);
  const std::unique_ptr<Decoder> decoder = Decoder::create(reader->codec_parameters(), options.codec_threads);
  Decoded decoded{reader->info(), {}, 0};
  while (const std::optional<Packet> packet = reader->read()) decoder->decode(*packet, decoded.frames);
  decoder->flush(decoded.frames);
  decoded.damaged = reader->damaged() + decoder->damaged();
  return decoded;
}

inline Decoded read_all(const std::filesystem::path& path) { return read_all(source_of(path)); }

// The first plane's byte at (x, y): luma of YUV, red of RGB, for pictures of 8 bits.
inline int luma_at(const Frame& frame, int x, int y) {
  const AVFrame& picture = *frame.picture();
  const bool packed = picture.format == AV_PIX_FMT_RGB24;
  return picture.data[0][static_cast<std::ptrdiff_t>(y) * picture.linesize[0] + (packed ? 3 * x : x)];
}

// What opening and reading the source says when it fails; empty when it does not.
inline std::string error_of(const SourceOptions& options, const Clock& clock = Clock::system()) {
  try {
    read_all(options, clock);
    return {};
  } catch (const SourceError& error) {
    return error.what();
  }
}

inline std::string error_of(const std::filesystem::path& path) { return error_of(source_of(path)); }

}  // namespace actionflow::testing
