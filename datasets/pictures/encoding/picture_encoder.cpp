#include "datasets/pictures/encoding/picture_encoder.h"

#include <new>

#include "base/error.h"
#include "datasets/video/ffmpeg_log.h"

namespace actionflow {

namespace {

void require(int result, AVCodecID codec) {
  if (result >= 0) return;
  throw Error(ExitCode::failure, std::string("encoding a picture (") + avcodec_get_name(codec) +
                                     ") failed: " + ffmpeg_error_text(result));
}

UniqueCodecContext open_encoder(AVCodecID id, const AVFrame& frame, int quality) {
  const AVCodec* codec = avcodec_find_encoder(id);
  if (!codec)
    throw Error(ExitCode::failure, std::string("this FFmpeg has no encoder for ") + avcodec_get_name(id));
  UniqueCodecContext encoder(avcodec_alloc_context3(codec));
  if (!encoder) throw std::bad_alloc();
  encoder->width = frame.width;
  encoder->height = frame.height;
  encoder->pix_fmt = static_cast<AVPixelFormat>(frame.format);
  encoder->time_base = {1, 1};
  encoder->thread_count = 1;
  encoder->flags |= AV_CODEC_FLAG_BITEXACT;
  if (quality > 0) {
    encoder->flags |= AV_CODEC_FLAG_QSCALE;
    encoder->global_quality = FF_QP2LAMBDA * quality;
  }
  require(avcodec_open2(encoder.get(), codec, nullptr), id);
  return encoder;
}

}  // namespace

UniqueFrame new_picture(AVPixelFormat format, int width, int height) {
  UniqueFrame frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  frame->format = format;
  frame->width = width;
  frame->height = height;
  if (av_frame_get_buffer(frame.get(), 0) < 0) throw std::bad_alloc();
  return frame;
}

std::string encode_picture(AVCodecID codec, AVFrame& frame, int quality) {
  prepare_ffmpeg();
  const UniqueCodecContext encoder = open_encoder(codec, frame, quality);
  frame.quality = encoder->global_quality;
  const UniquePacket packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  require(avcodec_send_frame(encoder.get(), &frame), codec);
  require(avcodec_send_frame(encoder.get(), nullptr), codec);
  require(avcodec_receive_packet(encoder.get(), packet.get()), codec);
  return {packet->data, packet->data + packet->size};
}

}  // namespace actionflow
