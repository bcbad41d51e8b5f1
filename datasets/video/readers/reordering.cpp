#include "datasets/video/readers/reordering.h"

#include <algorithm>

#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

// More than stand between two key frames commonly.
constexpr int kLooked = 300;

}  // namespace

double reordering_seconds(Reader& reader) {
  std::int64_t most = 0;
  bool reordered = false;
  std::int64_t shown = AV_NOPTS_VALUE;
  for (int k = 0; k < kLooked; ++k) {
    const std::optional<Packet> packet = reader.read();
    if (!packet) break;
    const AVPacket& compressed = *packet->data()->packet;
    if (compressed.pts == AV_NOPTS_VALUE || compressed.dts == AV_NOPTS_VALUE) continue;
    reordered = reordered || (shown != AV_NOPTS_VALUE && compressed.pts < shown);
    shown = std::max(shown, compressed.pts);
    most = std::max(most, compressed.pts - compressed.dts);
  }
  return reordered ? static_cast<double>(most) * av_q2d(reader.codec_parameters()->time_base) : 0;
}

}  // namespace actionflow
