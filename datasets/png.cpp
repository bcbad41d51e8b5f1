#include "datasets/png.h"

#include <new>

#include "base/error.h"
#include "datasets/ffmpeg.h"

namespace actionflow {
namespace {

void check(int result, const char* what) {
  if (result < 0)
    throw Error(ExitCode::failure, std::string("PNG: ") + what + ": " + ffmpeg_error_text(result));
}

UniqueCodecContext open_encoder(int width, int height, AVPixelFormat format) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
  if (codec == nullptr)
    throw Error(ExitCode::failure, "this FFmpeg has no PNG encoder; install libavcodec with it");
  UniqueCodecContext encoder(avcodec_alloc_context3(codec));
  if (!encoder) throw std::bad_alloc();
  encoder->width = width;
  encoder->height = height;
  encoder->pix_fmt = format;
  encoder->time_base = {1, 25};
  encoder->thread_count = 1;
  check(avcodec_open2(encoder.get(), codec, nullptr), "the encoder does not start");
  return encoder;
}

UniqueFrame picture_of(const std::uint8_t* pixels, int width, int height, AVPixelFormat format,
                       int channels) {
  UniqueFrame frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  frame->width = width;
  frame->height = height;
  frame->format = format;
  check(av_frame_get_buffer(frame.get(), 0), "no memory for the picture");
  const auto row = static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  for (int y = 0; y < height; ++y)
    std::memcpy(frame->data[0] + static_cast<std::ptrdiff_t>(y) * frame->linesize[0],
                pixels + static_cast<std::size_t>(y) * row, row);
  return frame;
}

}  // namespace

std::string encode_png(const std::uint8_t* pixels, int width, int height, int channels) {
  if (channels != 1 && channels != 3)
    throw UsageError("PNG: pictures have 1 or 3 channels, not " + std::to_string(channels));
  const AVPixelFormat format = channels == 1 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24;
  const UniqueCodecContext encoder = open_encoder(width, height, format);
  const UniqueFrame frame = picture_of(pixels, width, height, format, channels);
  check(avcodec_send_frame(encoder.get(), frame.get()), "the encoder refuses the picture");
  const UniquePacket packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  check(avcodec_receive_packet(encoder.get(), packet.get()), "the encoder gives nothing");
  return {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)};
}

}  // namespace actionflow
