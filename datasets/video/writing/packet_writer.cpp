#include "datasets/video/writing/packet_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "datasets/video/ffmpeg_log.h"
#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

struct Container {
  const char* suffix;
  const char* name;
};

constexpr Container kClipContainers[] = {{".mp4", "mp4"}, {".webm", "webm"}, {".mkv", "matroska"}};

bool takes(const Container& container, AVCodecID codec) {
  const AVOutputFormat* format = av_guess_format(container.name, nullptr, nullptr);
  return format && avformat_query_codec(format, codec, FF_COMPLIANCE_NORMAL) == 1;
}

// MP4 takes single pictures, too, but players do not expect them there.
bool suits(const Container& container, AVCodecID codec) {
  const bool pictures = codec == AV_CODEC_ID_MJPEG || codec == AV_CODEC_ID_PNG;
  const bool webm_only = codec == AV_CODEC_ID_VP8;
  const bool mp4 = std::string_view(container.suffix) == ".mp4";
  return takes(container, codec) && !(mp4 && (pictures || webm_only));
}

// Decodes the key frame for it; where that fails it stays unknown.
void learn_size(AVCodecParameters& codec, const AVPacket& key_frame) {
  const AVCodec* decoder = avcodec_find_decoder(codec.codec_id);
  const UniqueCodecContext context(decoder ? avcodec_alloc_context3(decoder) : nullptr);
  const UniqueFrame frame(av_frame_alloc());
  if (!context || !frame || avcodec_parameters_to_context(context.get(), &codec) < 0) return;
  context->thread_count = 1;
  if (avcodec_open2(context.get(), decoder, nullptr) < 0) return;
  if (avcodec_send_packet(context.get(), &key_frame) < 0 || avcodec_send_packet(context.get(), nullptr) < 0 ||
      avcodec_receive_frame(context.get(), frame.get()) < 0)
    return;
  codec.width = context->width;
  codec.height = context->height;
  codec.format = frame->format;
}

}  // namespace

struct PacketWriter::State {
  std::filesystem::path path;
  AVRational time_base{};
  UniqueOpenedUrl file;
  UniqueFormatOutput context;
  AVStream* stream = nullptr;
  std::optional<std::int64_t> first_pts;
  std::int64_t last_dts = AV_NOPTS_VALUE;
  bool finished = false;

  void open(const std::string& suffix, const CodecParameters& parameters, const AVPacket& first);
  void abandon();
  void require(int result, const char* doing) const;
  void sync() const;
};

void PacketWriter::State::require(int result, const char* doing) const {
  if (result >= 0) return;
  throw Error(ExitCode::failure, path.string() + ": " + doing + " failed: " + ffmpeg_error_text(result) +
                                     "; check the path and the disk");
}

void PacketWriter::State::open(const std::string& suffix, const CodecParameters& parameters,
                               const AVPacket& first) {
  prepare_ffmpeg();
  AVFormatContext* created = nullptr;
  avformat_alloc_output_context2(&created, nullptr, nullptr, ("x" + suffix).c_str());
  if (!created) throw Error(ExitCode::failure, path.string() + ": the suffix names no video container");
  context.reset(created);
  stream = avformat_new_stream(context.get(), nullptr);
  if (!stream) throw std::bad_alloc();
  require(avcodec_parameters_copy(stream->codecpar, parameters.codec.get()), "describing the stream");
  stream->codecpar->codec_tag = 0;  // the source's container has its own
  if (stream->codecpar->width == 0) learn_size(*stream->codecpar, first);
  time_base = parameters.time_base;
  stream->time_base = time_base;
  stream->sample_aspect_ratio = parameters.sample_aspect;
  stream->avg_frame_rate = parameters.frame_rate;
  if (!(parameters.orientation == Orientation{})) {
    const auto matrix = display_matrix(parameters.orientation);
    if (!set_stream_display_matrix(*stream, matrix.data())) throw std::bad_alloc();
  }
  AVIOContext* io = nullptr;
  require(avio_open(&io, ("file:" + path.string()).c_str(), AVIO_FLAG_WRITE), "opening");
  file.reset(io);
  context->pb = io;
  require(avformat_write_header(context.get(), nullptr), "writing the header");
}

void PacketWriter::State::abandon() {
  if (context) context->pb = nullptr;
  if (!file) return;
  file.reset();
  std::error_code error;
  std::filesystem::remove(path, error);
}

void PacketWriter::State::sync() const {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  if (!synced) require(AVERROR(error), "writing");
}

std::string PacketWriter::suffix_for(const CodecParameters& parameters) {
  prepare_ffmpeg();
  const AVCodecID codec = parameters.codec->codec_id;
  if (codec == AV_CODEC_ID_RAWVIDEO) return "";
  for (const Container& container : kClipContainers) {
    if (suits(container, codec)) return container.suffix;
  }
  return "";
}

PacketWriter::PacketWriter(std::filesystem::path path, const std::string& suffix,
                           const CodecParameters& parameters, const Packet& first)
    : state_(std::make_unique<State>()) {
  state_->path = std::move(path);
  try {
    state_->open(suffix, parameters, *first.data()->packet);
  } catch (...) {
    state_->abandon();
    throw;
  }
}

PacketWriter::~PacketWriter() {
  if (!state_->finished) state_->abandon();
}

void PacketWriter::write(const Packet& packet) {
  State& s = *state_;
  UniquePacket copy(av_packet_clone(packet.data()->packet.get()));
  if (!copy) throw std::bad_alloc();
  if (copy->dts == AV_NOPTS_VALUE) copy->dts = copy->pts;
  if (copy->pts == AV_NOPTS_VALUE) copy->pts = copy->dts;
  if (!s.first_pts) s.first_pts = copy->pts;
  copy->pts -= *s.first_pts;
  copy->dts -= *s.first_pts;
  if (copy->pts < 0) return;
  copy->stream_index = s.stream->index;
  copy->pos = -1;
  av_packet_rescale_ts(copy.get(), s.time_base, s.stream->time_base);
  // A camera's stamps may stand still or go back a little; a container's may not.
  if (s.last_dts != AV_NOPTS_VALUE && copy->dts <= s.last_dts) copy->dts = s.last_dts + 1;
  if (copy->pts < copy->dts) copy->pts = copy->dts;
  s.last_dts = copy->dts;
  s.require(av_write_frame(s.context.get(), copy.get()), "writing");
}

void PacketWriter::finish() {
  State& s = *state_;
  s.require(av_write_trailer(s.context.get()), "writing the end");
  s.context->pb = nullptr;
  AVIOContext* io = s.file.release();
  s.require(avio_closep(&io), "closing");
  s.sync();
  s.finished = true;
}

}  // namespace actionflow
