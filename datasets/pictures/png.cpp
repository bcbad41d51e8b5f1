#include <algorithm>
#include <cstddef>
#include <new>

#include "base/error.h"
#include "datasets/pictures/picture.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/ffmpeg_log.h"

namespace actionflow {

namespace {

void require(int result) {
  if (result < 0)
    throw Error(ExitCode::failure, "encoding a PNG picture failed: " + ffmpeg_error_text(result));
}

UniqueCodecContext open_encoder(const RgbPicture& picture) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
  if (!codec) throw Error(ExitCode::failure, "this FFmpeg has no encoder for PNG");
  UniqueCodecContext encoder(avcodec_alloc_context3(codec));
  if (!encoder) throw std::bad_alloc();
  encoder->width = picture.width;
  encoder->height = picture.height;
  encoder->pix_fmt = AV_PIX_FMT_RGB24;
  encoder->time_base = {1, 1};
  encoder->thread_count = 1;
  encoder->flags |= AV_CODEC_FLAG_BITEXACT;
  require(avcodec_open2(encoder.get(), codec, nullptr));
  return encoder;
}

UniqueFrame frame_of(const RgbPicture& picture) {
  UniqueFrame frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  frame->format = AV_PIX_FMT_RGB24;
  frame->width = picture.width;
  frame->height = picture.height;
  require(av_frame_get_buffer(frame.get(), 0));
  const auto row = static_cast<std::size_t>(picture.width) * 3;
  for (int y = 0; y < picture.height; ++y) {
    std::copy_n(picture.pixels.data() + static_cast<std::size_t>(y) * row, row,
                frame->data[0] + static_cast<std::ptrdiff_t>(y) * frame->linesize[0]);
  }
  return frame;
}

}  // namespace

std::string encode_png(const RgbPicture& picture) {
  prepare_ffmpeg();
  const UniqueCodecContext encoder = open_encoder(picture);
  const UniqueFrame frame = frame_of(picture);
  const UniquePacket packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  require(avcodec_send_frame(encoder.get(), frame.get()));
  require(avcodec_send_frame(encoder.get(), nullptr));
  require(avcodec_receive_packet(encoder.get(), packet.get()));
  return {packet->data, packet->data + packet->size};
}

}  // namespace actionflow
