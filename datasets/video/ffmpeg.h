// FFmpeg's libraries for this room: their headers, one owning alias a C type, and every difference
// between the versions that are supported (5.1, 6 and 7). No other header names a version.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

namespace actionflow {

// Calls a C function that frees through a pointer to the pointer.
template <auto free_function>
struct FreeByAddress {
  template <class T>
  void operator()(T* p) const noexcept {
    free_function(&p);
  }
};

template <auto free_function>
struct FreeByValue {
  template <class T>
  void operator()(T* p) const noexcept {
    free_function(p);
  }
};

using UniqueFormatInput = std::unique_ptr<AVFormatContext, FreeByAddress<avformat_close_input>>;
using UniqueFormatOutput = std::unique_ptr<AVFormatContext, FreeByValue<avformat_free_context>>;
using UniqueCodecContext = std::unique_ptr<AVCodecContext, FreeByAddress<avcodec_free_context>>;
using UniqueCodecParameters = std::unique_ptr<AVCodecParameters, FreeByAddress<avcodec_parameters_free>>;
using UniquePacket = std::unique_ptr<AVPacket, FreeByAddress<av_packet_free>>;
using UniqueFrame = std::unique_ptr<AVFrame, FreeByAddress<av_frame_free>>;
using UniqueScaler = std::unique_ptr<SwsContext, FreeByValue<sws_freeContext>>;
using UniqueOpenedUrl = std::unique_ptr<AVIOContext, FreeByAddress<avio_closep>>;

// An AVIOContext over functions of our own; its buffer is freed with it.
struct FreeOwnIo {
  void operator()(AVIOContext* io) const noexcept {
    av_freep(&io->buffer);
    avio_context_free(&io);
  }
};
using UniqueOwnIo = std::unique_ptr<AVIOContext, FreeOwnIo>;

// Options handed to FFmpeg, which takes out those that it knows.
class FfmpegOptions {
 public:
  FfmpegOptions() = default;
  ~FfmpegOptions() { av_dict_free(&dictionary_); }
  FfmpegOptions(const FfmpegOptions&) = delete;
  FfmpegOptions& operator=(const FfmpegOptions&) = delete;

  void set(const char* key, const std::string& value) { av_dict_set(&dictionary_, key, value.c_str(), 0); }
  void set(const char* key, std::int64_t value) { av_dict_set_int(&dictionary_, key, value, 0); }
  AVDictionary** get() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

// "Invalid data found when processing input"
inline std::string ffmpeg_error_text(int error) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(error, text, sizeof(text));
  return text;
}

inline constexpr AVRational kMicroseconds{1, 1'000'000};

// In units of the stream's time base, 0 when unknown.
inline std::int64_t frame_duration(const AVFrame& frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
  return frame.duration;
#else
  return frame.pkt_duration;
#endif
}

// Carries a number from a packet to the pictures decoded from it.
inline void tag_next_picture(AVCodecContext& context, AVPacket& packet, std::int64_t tag) {
#if LIBAVCODEC_VERSION_MAJOR >= 60
  context.flags |= AV_CODEC_FLAG_COPY_OPAQUE;
  packet.opaque = reinterpret_cast<void*>(tag);
#else
  (void)packet;
  context.reordered_opaque = tag;
#endif
}

inline std::int64_t picture_tag(const AVFrame& frame) {
#if LIBAVCODEC_VERSION_MAJOR >= 60
  return reinterpret_cast<std::int64_t>(frame.opaque);
#else
  return frame.reordered_opaque;
#endif
}

// When the sender took the packet's picture, in microseconds since 1970; 0 where it does not say.
inline std::int64_t producer_time_us(const AVPacket& packet) {
  std::size_t size = 0;
  const std::uint8_t* data = av_packet_get_side_data(&packet, AV_PKT_DATA_PRFT, &size);
  AVProducerReferenceTime time{};
  if (!data || size < sizeof time) return 0;
  std::memcpy(&time, data, sizeof time);
  return time.wallclock;
}

// The stream's display matrix (nine numbers), nullptr when it has none.
inline const std::int32_t* stream_display_matrix(const AVStream& stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVPacketSideData* data = av_packet_side_data_get(
      stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  const std::size_t size = data ? data->size : 0;
  const void* bytes = data ? data->data : nullptr;
#else
  std::size_t size = 0;
  const void* bytes = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
#endif
  return size >= 9 * sizeof(std::int32_t) ? static_cast<const std::int32_t*>(bytes) : nullptr;
}

// Sets the stream's display matrix from nine numbers; false when out of memory.
inline bool set_stream_display_matrix(AVStream& stream, const std::int32_t* matrix) {
  constexpr std::size_t kSize = 9 * sizeof(std::int32_t);
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  AVPacketSideData* data =
      av_packet_side_data_new(&stream.codecpar->coded_side_data, &stream.codecpar->nb_coded_side_data,
                              AV_PKT_DATA_DISPLAYMATRIX, kSize, 0);
  std::uint8_t* bytes = data ? data->data : nullptr;
#else
  std::uint8_t* bytes = av_stream_new_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, kSize);
#endif
  if (bytes) std::memcpy(bytes, matrix, kSize);
  return bytes != nullptr;
}

}  // namespace actionflow
