#include "datasets/video/opening/open_input.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <new>

#include "datasets/video/ffmpeg_log.h"
#include "datasets/video/missing_feature.h"
#include "datasets/video/opening/camera_drivers.h"
#include "datasets/video/opening/host_lookup.h"
#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

struct Opening {
  const SourceOptions& options;
  SourceKind kind;
  Input& input;
  std::string shown;

  bool network() const { return is_network(kind); }
  // Whether its bytes come when the sender has them, and not when they are asked for.
  bool arrives() const {
    if (input.remote) return false;
    if (kind == SourceKind::http) return avio_size(input.url.get()) <= 0;
    return network() || kind == SourceKind::device || (input.file && !input.file->regular());
  }
};

std::string network_error_text(int error) {
  if (error == AVERROR_HTTP_UNAUTHORIZED || error == AVERROR_HTTP_FORBIDDEN)
    return "the server refuses the name and password; check them";
  if (error == AVERROR_HTTP_NOT_FOUND) return "the server has no such stream (404); check the path";
  if (error == AVERROR(ECONNREFUSED))
    return "connection refused; check the address and port, and that the camera or server runs";
  if (error == AVERROR(EHOSTUNREACH) || error == AVERROR(ENETUNREACH))
    return "the host cannot be reached; check the address and the network";
  return "cannot be opened: " + ffmpeg_error_text(error) +
         "; check the address and that the camera or server runs";
}

[[noreturn]] void throw_opening_error(const Opening& opening, int error) {
  const IoDeadline& deadline = opening.input.deadline;
  if (deadline.stopped()) throw SourceError(opening.shown + ": stopped");
  if (deadline.expired())
    throw SourceError(opening.shown + ": " + deadline.why("no answer within") +
                      "; check the address and that the camera or server runs");
  if (opening.input.file && opening.input.file->read_error() != 0)
    throw SourceError(opening.shown + ": cannot be read: " + ffmpeg_error_text(error));
  if (opening.input.remote && opening.input.remote->failed()) opening.input.remote->throw_failure();
  if (opening.network() && !opening.input.remote)
    throw SourceError(opening.shown + ": " + network_error_text(error));
  if (opening.kind == SourceKind::device)
    throw SourceError(opening.shown + ": the camera does not start: " + ffmpeg_error_text(error) +
                      "; check that no other program uses it");
  if (is_missing_feature(error)) throw SourceError(opening.shown + ": " + missing_feature_text(error));
  throw SourceError(opening.shown + ": damaged or cut short: " + ffmpeg_error_text(error) +
                    "; fetch or record it again");
}

int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

bool is_text(const std::uint8_t* bytes, std::ptrdiff_t count) {
  constexpr std::ptrdiff_t kEnough = 512;
  const std::uint8_t* end = bytes + std::min(kEnough, count);
  return bytes != end && std::none_of(bytes, end, [](unsigned char c) {
           return c == 0x7f || c == 0 || (c < ' ' && !std::isspace(c));
         });
}

const AVInputFormat* allowed_format(const Opening& opening, const AVInputFormat* format, int score,
                                    bool text) {
  if (opening.input.deadline.fired()) throw_opening_error(opening, AVERROR_EXIT);
  // A name's suffix alone gives a low score, so a letter called a.mp4 comes here as one.
  if (score <= AVPROBE_SCORE_RETRY && text)
    throw SourceError(opening.shown + ": is text, not a video; give a video file");
  if (!format)
    throw SourceError(
        opening.shown +
        ": is not a video of a known container; give mp4, mov, mkv, webm, avi, mpeg, ts, flv or the like");
  require_allowed_format(*format, opening.shown, opening.network(), opening.options.allow_manifests);
  return format;
}

const AVInputFormat* probe_file(const Opening& opening, AVIOContext* io) {
  if (opening.input.remote && opening.input.remote->failed()) throw_opening_error(opening, AVERROR(EIO));
  if (avio_feof(io)) throw SourceError(opening.shown + ": is empty; nothing came in");
  const AVInputFormat* format = nullptr;
  const int score = av_probe_input_buffer2(io, &format, opening.options.source.c_str(), nullptr, 0, 0);
  if (score == AVERROR_EOF) throw SourceError(opening.shown + ": is empty; nothing came in");
  // Looks at what is already in memory, so that nothing is used up.
  return allowed_format(opening, score < 0 ? nullptr : format, score,
                        is_text(io->buf_ptr, io->buf_end - io->buf_ptr));
}

// Of a pipe or a connection, while its bytes arrive.
const AVInputFormat* probe_arriving(const Opening& opening, AVIOContext& io) {
  Input& input = opening.input;
  input.replayed = std::make_unique<ReplayedInput>(io, input.deadline);
  int score = 0;
  const AVInputFormat* format = input.replayed->probe(opening.options.source.c_str(), score);
  const std::vector<std::uint8_t>& seen = input.replayed->seen();
  if (seen.empty() && !input.deadline.fired()) {
    if (input.file && input.file->read_error() != 0) throw_opening_error(opening, input.file->read_error());
    throw SourceError(opening.shown + ": is empty; nothing came in");
  }
  return allowed_format(opening, format, score, is_text(seen.data(), std::ssize(seen)));
}

// A live source shows what it is in its first pictures; to wait for more takes a slow one longer than anybody
// waits. A file's rate and form are worth a longer look.
void look_briefly(AVFormatContext& context) {
  constexpr std::int64_t kBytes = std::int64_t{1} << 18;
  constexpr std::int64_t kStreamTimeUs = 500'000;
  context.probesize = kBytes;
  context.max_analyze_duration = kStreamTimeUs;
  context.fps_probe_size = 0;
  context.max_ts_probe = 0;
}

// `io` may be nullptr: then FFmpeg opens the name itself, under the whitelists.
void open_context(const Opening& opening, AVIOContext* io, const AVInputFormat* format,
                  FfmpegOptions& options) {
  AVFormatContext* context = avformat_alloc_context();
  if (!context) throw std::bad_alloc();
  context->interrupt_callback = opening.input.deadline.callback();
  if (io) {
    context->pb = io;
    context->io_open = refuse_to_open;
  }
  if (opening.kind == SourceKind::device) context->flags |= AVFMT_FLAG_NONBLOCK;
  if (opening.arrives()) look_briefly(*context);
  options.set("format_whitelist", format_whitelist(opening.kind, opening.options.allow_manifests));
  options.set("protocol_whitelist", protocol_whitelist(opening.kind, opening.options.allow_manifests));
  const int result = avformat_open_input(&context, opening.options.source.c_str(), format, options.get());
  if (result < 0) throw_opening_error(opening, result);
  opening.input.context.reset(context);
  opening.input.deadline.watch(context);
}

// Whether the format says the codec, and a decoder needs no more than the packets.
bool needs_no_look(const AVFormatContext& context) {
  const bool header_first =
      context.nb_streams == 1 && context.streams[0]->codecpar->codec_id == AV_CODEC_ID_VC1;
  return has_no_clock(*context.iformat) && !header_first;
}

// Every stream's probing decoder gets the same bounds as our own.
void find_streams(const Opening& opening) {
  AVFormatContext* context = opening.input.context.get();
  // Pictures that are timed as they are read may not wait meanwhile.
  if (opening.arrives() && needs_no_look(*context)) return;
  std::vector<AVDictionary*> options(context->nb_streams, nullptr);
  for (AVDictionary*& each : options) {
    av_dict_set_int(&each, "max_pixels", kMaxPixels, 0);
    av_dict_set_int(&each, "threads", 1, 0);
  }
  const int result = avformat_find_stream_info(context, options.empty() ? nullptr : options.data());
  for (AVDictionary*& each : options) av_dict_free(&each);
  if (opening.input.deadline.fired() || (result < 0 && context->nb_streams == 0))
    throw_opening_error(opening, result < 0 ? result : AVERROR_EXIT);
}

void open_descriptor(const Opening& opening) {
  Input& input = opening.input;
  input.file = opening.kind == SourceKind::standard_input
                   ? DescriptorInput::standard_input(input.deadline)
                   : DescriptorInput::open_file(opening.options.source, input.deadline);
  AVIOContext* io = input.file->io();
  const AVInputFormat* format = nullptr;
  if (input.file->regular()) {
    format = probe_file(opening, io);
  } else {
    format = probe_arriving(opening, *io);
    io = &input.replayed->io();
  }
  FfmpegOptions options;
  open_context(opening, io, format, options);
}

void open_remote(const Opening& opening) {
  AVIOContext* io = opening.input.remote->io();
  const AVInputFormat* format = probe_file(opening, io);
  FfmpegOptions options;
  open_context(opening, io, format, options);
}

// Bytes that were lost on the way are damage, no reason to stop.
void open_connection(const Opening& opening) {
  Input& input = opening.input;
  FfmpegOptions options;
  options.set("protocol_whitelist", protocol_whitelist(opening.kind, opening.options.allow_manifests));
  if (opening.kind == SourceKind::stream) options.set("overrun_nonfatal", 1);
  const AVIOInterruptCB callback = input.deadline.callback();
  AVIOContext* io = nullptr;
  const int result =
      avio_open2(&io, opening.options.source.c_str(), AVIO_FLAG_READ, &callback, options.get());
  if (result < 0) throw_opening_error(opening, result);
  input.url.reset(io);
  const AVInputFormat* format = probe_arriving(opening, *io);
  FfmpegOptions context_options;
  if (is_manifest(*format)) {
    input.replayed.reset();
    input.url.reset();
    input.deadline.allow_silence(longest_silence(opening.options, true));
    open_context(opening, nullptr, format, context_options);
  } else {
    open_context(opening, &input.replayed->io(), format, context_options);
  }
}

void open_rtsp(const Opening& opening) {
  FfmpegOptions options;
  const bool udp = opening.options.transport == RtspTransport::udp;
  options.set("rtsp_transport", udp ? "udp" : "tcp");
  options.set("allowed_media_types", "video");
  // So what the server has is known before it is to send it: of nothing it says that something is wrong.
  options.set("initial_pause", 1);
  if (udp) options.set("buffer_size", std::int64_t{1} << 20);
  open_context(opening, nullptr, av_find_input_format("rtsp"), options);
  AVFormatContext* const context = opening.input.context.get();
  if (context->nb_streams == 0)
    throw SourceError(opening.shown +
                      ": has no video, sound alone perhaps; give the address of its pictures");
  if (const int result = av_read_play(context); result < 0) throw_opening_error(opening, result);
}

void open_device(const Opening& opening) {
  struct stat status {};
  if (::stat(opening.options.source.c_str(), &status) != 0)
    throw SourceError(opening.shown + ": no such camera; plug it in, or see /dev for its name");
  register_camera_drivers();
  const AVInputFormat* format = av_find_input_format("v4l2");
  if (!format) throw SourceError(opening.shown + ": this FFmpeg was built without cameras (V4L2)");
  FfmpegOptions options;
  open_context(opening, nullptr, format, options);
}

}  // namespace

void open_input(const SourceOptions& options, SourceKind kind, Input& input) {
  prepare_ffmpeg();
  const Opening opening{options, kind, input, without_credentials(options.source)};
  // A stream may be waited for at a port of this machine.
  const bool waits = kind == SourceKind::stream && host_of(options.source).empty();
  if (input.remote) {
    open_remote(opening);
    return find_streams(opening);
  }
  if (opening.network() && !waits) require_known_host(options.source, opening.shown);
  switch (kind) {
    case SourceKind::rtsp:
      open_rtsp(opening);
      break;
    case SourceKind::http:
    case SourceKind::stream:
      open_connection(opening);
      break;
    case SourceKind::device:
      open_device(opening);
      break;
    default:
      open_descriptor(opening);
      break;
  }
  find_streams(opening);
}

}  // namespace actionflow
