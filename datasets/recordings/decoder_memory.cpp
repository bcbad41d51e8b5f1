#include "datasets/recordings/decoder_memory.h"

#include <algorithm>

#include "base/error.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

constexpr std::size_t kPictures = 12;

}  // namespace

std::size_t decoder_bytes(const SourceOptions& source) {
  try {
    const StopFlag never{false};
    const std::unique_ptr<Reader> reader = Reader::open(source, never);
    const AVCodecParameters& codec = *reader->codec_parameters()->codec;
    const auto kind = codec.format >= 0 ? static_cast<AVPixelFormat>(codec.format) : AV_PIX_FMT_YUV420P;
    return kPictures * static_cast<std::size_t>(
                           std::max(0, av_image_get_buffer_size(kind, codec.width, codec.height, 1)));
  } catch (const SourceError&) {
    return 0;
  }
}

}  // namespace actionflow
