// What passes from a Reader to a Decoder; inside this room only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/video/ffmpeg.h"
#include "datasets/video/orientation.h"
#include "datasets/video/packet.h"
#include "datasets/video/source_options.h"

namespace actionflow {

// A packet of a stream, its time stamps in the stream's time base. `unreadable`: a picture stood
// here that could not be read; the decoder counts it as damaged.
struct Packet::Data {
  UniquePacket packet;
  bool unreadable = false;
};

struct CodecParameters {
  UniqueCodecParameters codec;
  AVRational time_base = kMicroseconds;
  AVRational sample_aspect{0, 1};  // the container's, which goes before the codec's; 0: none
  AVRational frame_rate{0, 1};     // average; 0: unknown
  Orientation orientation;         // of pictures that bring none of their own
  std::string source;              // without credentials, for messages
  // What the stream's options say of decoding.
  std::vector<Skip> skip;
  Hardware hardware = Hardware::none;
  std::optional<Region> crop;

  void take(const SourceOptions& options) {
    skip = options.skip;
    hardware = options.hardware;
    crop = options.crop;
  }
};

// 8192×4352: 8K and what 8K cameras pad it to. A larger picture is refused, so that a header of a
// few bytes cannot ask for gigabytes.
inline constexpr std::int64_t kMaxPixels = std::int64_t{8192} * 4352;
inline constexpr std::size_t kMaxAllocationBytes = std::size_t{512} << 20;

}  // namespace actionflow
