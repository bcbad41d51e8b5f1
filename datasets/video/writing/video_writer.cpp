#include "datasets/video/writing/video_writer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/machine/clock.h"
#include "base/text/mask.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/ffmpeg_log.h"

namespace actionflow {

struct VideoWriter::State {
  std::vector<std::uint8_t> padded;  // the pixels given, with room for the scaler to read on
  std::filesystem::path path;
  VideoWriterOptions options;
  UniqueOpenedUrl file;
  UniqueFormatOutput context;
  UniqueCodecContext encoder;
  UniqueScaler scaler;
  UniqueFrame picture;
  UniquePacket packet;
  AVStream* stream = nullptr;
  std::int64_t last_pts = AV_NOPTS_VALUE;
  Deadline deadline{VideoWriter::kPatienceSeconds};  // of the server
  bool broken = false;                               // so is the connection
  bool finished = false;

  void open();
  const AVCodec* choose_encoder() const;
  void open_encoder(const AVCodec* codec);
  void open_stream();
  void open_file();
  void open_server();
  void encode(const AVFrame* frame);
  void require(int result, const char* doing) const;
};

namespace {

// MPEG-4 has 16 bits for it; divisible by every common frame rate.
constexpr int kTicksPerSecond = 60'000;

// Of a file that is readable while it grows: MP4's fragments, Matroska's clusters.
constexpr int kPieceUs = 1'000'000;

AVPixelFormat pixel_format(const AVCodec& codec) {
  switch (codec.id) {
    case AV_CODEC_ID_MJPEG:
      return AV_PIX_FMT_YUVJ420P;
    case AV_CODEC_ID_PNG:
      return AV_PIX_FMT_RGB24;
    case AV_CODEC_ID_GIF:
      return AV_PIX_FMT_RGB8;
    default:
      return AV_PIX_FMT_YUV420P;
  }
}

bool needs_constant_rate(const AVOutputFormat& format, const AVCodec& codec) {
  return std::string_view(format.name) == "avi" || (format.flags & AVFMT_NOTIMESTAMPS) != 0 ||
         codec.id == AV_CODEC_ID_MPEG1VIDEO || codec.id == AV_CODEC_ID_MPEG2VIDEO;
}

int even(int size) { return size + (size & 1); }

}  // namespace

void VideoWriter::State::require(int result, const char* doing) const {
  if (result >= 0) return;
  if (options.live)
    throw Error(ExitCode::failure,
                without_credentials(path.string()) + ": " + doing + " failed: " + ffmpeg_error_text(result));
  throw Error(ExitCode::failure, path.string() + ": " + doing + " failed: " + ffmpeg_error_text(result) +
                                     "; check the path and the disk");
}

void VideoWriter::State::open() {
  prepare_ffmpeg();
  if (options.width < 1 || options.height < 1 || !(options.frame_rate > 0))
    throw Error(ExitCode::failure, path.string() + ": a video needs a size and a frame rate above 0");
  AVFormatContext* created = nullptr;
  const char* const format = options.live ? "rtsp" : nullptr;
  if (avformat_alloc_output_context2(&created, nullptr, format, path.c_str()) < 0 || !created)
    throw Error(ExitCode::failure,
                path.string() + ": the suffix names no video container; use .mp4, .mkv or .avi");
  context.reset(created);
  context->flags |= AVFMT_FLAG_BITEXACT;
  if (options.live) {
    context->flags |= AVFMT_FLAG_FLUSH_PACKETS;
    context->interrupt_callback = {
        [](void* self) { return static_cast<State*>(self)->deadline.passed() ? 1 : 0; }, this};
  }
  open_encoder(choose_encoder());
  open_stream();
  options.live ? open_server() : open_file();
}

const AVCodec* VideoWriter::State::choose_encoder() const {
  if (!options.encoder.empty()) {
    const AVCodec* named = avcodec_find_encoder_by_name(options.encoder.c_str());
    if (named) return named;
    throw Error(ExitCode::failure, path.string() + ": this FFmpeg has no encoder " + options.encoder);
  }
  std::array<const char*, 2> preferred = {"libx264", "mpeg4"};
  if (std::string_view(context->oformat->name) == "webm") preferred = {"libvpx", "libvpx-vp9"};
  for (const char* name : preferred)
    if (const AVCodec* found = avcodec_find_encoder_by_name(name)) return found;
  throw Error(ExitCode::failure, path.string() + ": this FFmpeg has no encoder for video");
}

void VideoWriter::State::open_encoder(const AVCodec* codec) {
  encoder.reset(avcodec_alloc_context3(codec));
  picture.reset(av_frame_alloc());
  packet.reset(av_packet_alloc());
  if (!encoder || !picture || !packet) throw std::bad_alloc();
  const AVRational rate = av_d2q(options.frame_rate, kTicksPerSecond);
  encoder->width = even(options.width);
  encoder->height = even(options.height);
  encoder->pix_fmt = pixel_format(*codec);
  encoder->framerate = rate;
  encoder->time_base =
      needs_constant_rate(*context->oformat, *codec) ? av_inv_q(rate) : AVRational{1, kTicksPerSecond};
  encoder->thread_count = options.threads;
  encoder->flags |= AV_CODEC_FLAG_BITEXACT;
  if (options.keyframe_interval > 0) encoder->gop_size = options.keyframe_interval;
  if (context->oformat->flags & AVFMT_GLOBALHEADER) encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (codec->id == AV_CODEC_ID_MPEG4 || codec->id == AV_CODEC_ID_MJPEG) {
    encoder->flags |= AV_CODEC_FLAG_QSCALE;
    encoder->global_quality = 3 * FF_QP2LAMBDA;
  }
  FfmpegOptions own;
  own.set("crf", options.quality);
  own.set("preset", options.preset);
  if (options.live || options.growing) own.set("tune", "zerolatency");
  // With it x264's vector code gives small pictures other bits from one run to the next.
  own.set("x264-params", "mbtree=0");
  own.set("deadline", "realtime");
  if (codec->id == AV_CODEC_ID_VP8 || codec->id == AV_CODEC_ID_VP9) encoder->bit_rate = 1'000'000;
  require(avcodec_open2(encoder.get(), codec, own.get()), "starting the encoder");

  picture->format = encoder->pix_fmt;
  picture->width = encoder->width;
  picture->height = encoder->height;
  require(av_frame_get_buffer(picture.get(), 0), "making a picture");
  scaler.reset(sws_getContext(
      options.width, options.height, options.bgr ? AV_PIX_FMT_BGR24 : AV_PIX_FMT_RGB24, encoder->width,
      encoder->height, encoder->pix_fmt, SWS_BILINEAR | SWS_ACCURATE_RND, nullptr, nullptr, nullptr));
  if (!scaler) throw std::bad_alloc();
}

void VideoWriter::State::open_stream() {
  stream = avformat_new_stream(context.get(), nullptr);
  if (!stream) throw std::bad_alloc();
  stream->time_base = encoder->time_base;
  stream->avg_frame_rate = encoder->framerate;
  require(avcodec_parameters_from_context(stream->codecpar, encoder.get()), "describing the stream");
  if (options.orientation == Orientation{}) return;
  const std::array<std::int32_t, 9> matrix = display_matrix(options.orientation);
  if (!set_stream_display_matrix(*stream, matrix.data())) throw std::bad_alloc();
}

void VideoWriter::State::open_server() {
  FfmpegOptions own;
  own.set("rtsp_transport", "tcp");
  deadline = Deadline(VideoWriter::kPatienceSeconds);
  require(avformat_write_header(context.get(), own.get()), "sending to the server");
}

void VideoWriter::State::open_file() {
  AVIOContext* io = nullptr;
  require(avio_open(&io, ("file:" + path.string()).c_str(), AVIO_FLAG_WRITE), "opening");
  file.reset(io);
  context->pb = io;
  FfmpegOptions own;
  if (options.growing) {
    context->flags |= AVFMT_FLAG_FLUSH_PACKETS;
    own.set("movflags", "frag_keyframe+empty_moov+default_base_moof");
    own.set("frag_duration", kPieceUs);
    own.set("cluster_time_limit", kPieceUs / 1000);
  }
  require(avformat_write_header(context.get(), own.get()), "writing the header");
}

void VideoWriter::State::encode(const AVFrame* frame) {
  require(avcodec_send_frame(encoder.get(), frame), "encoding");
  for (;;) {
    const int result = avcodec_receive_packet(encoder.get(), packet.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
    require(result, "encoding");
    av_packet_rescale_ts(packet.get(), encoder->time_base, stream->time_base);
    packet->stream_index = stream->index;
    deadline = Deadline(VideoWriter::kPatienceSeconds);
    const int written = av_interleaved_write_frame(context.get(), packet.get());
    broken = broken || written < 0;
    require(written, "writing");
  }
}

bool VideoWriter::knows_suffix(const std::filesystem::path& path) {
  prepare_ffmpeg();
  return av_guess_format(nullptr, path.c_str(), nullptr) != nullptr;
}

VideoWriter::VideoWriter(const std::filesystem::path& path, const VideoWriterOptions& options)
    : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->options = options;
  state_->open();
}

VideoWriter::~VideoWriter() {
  try {
    finish();
  } catch (const std::exception&) {
    // Whoever must know called finish().
  }
}

void VideoWriter::write(const std::uint8_t* pixels, std::int64_t pts_us) {
  State& s = *state_;
  AVFrame& picture = *s.picture;
  s.require(av_frame_make_writable(&picture), "making a picture");
  const std::size_t bytes =
      3 * static_cast<std::size_t>(s.options.width) * static_cast<std::size_t>(s.options.height);
  s.padded.resize(bytes + AV_INPUT_BUFFER_PADDING_SIZE);
  std::copy_n(pixels, bytes, s.padded.begin());
  // sws_scale copies four of each, whatever the format.
  const std::array<const std::uint8_t*, 4> planes = {s.padded.data()};
  const std::array<int, 4> strides = {3 * s.options.width};
  sws_scale(s.scaler.get(), planes.data(), strides.data(), 0, s.options.height, picture.data,
            picture.linesize);
  picture.pts = av_rescale_q(pts_us, kMicroseconds, s.encoder->time_base);
  if (s.last_pts != AV_NOPTS_VALUE && picture.pts <= s.last_pts) picture.pts = s.last_pts + 1;
  s.last_pts = picture.pts;
  s.encode(&picture);
}

void VideoWriter::finish() {
  State& s = *state_;
  if (s.finished) return;
  s.finished = true;
  if (s.broken) {
    s.deadline = Deadline(kPatienceSeconds);
    av_write_trailer(s.context.get());  // closes the connection
    return;
  }
  s.encode(nullptr);
  s.require(av_write_trailer(s.context.get()), "writing the end");
  if (s.options.live) return;
  s.context->pb = nullptr;
  AVIOContext* io = s.file.release();
  s.require(avio_closep(&io), "closing");
}

}  // namespace actionflow
