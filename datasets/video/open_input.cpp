#include "datasets/video/open_input.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <new>

#include "datasets/video/ffmpeg_log.h"
#include "datasets/video/host_lookup.h"
#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

struct Opening {
  const SourceOptions& options;
  SourceKind kind;
  Input& input;
  std::string shown;

  bool network() const { return kind == SourceKind::rtsp || kind == SourceKind::http; }
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
  const Interrupt& interrupt = opening.input.interrupt;
  if (interrupt.stopped()) throw SourceError(opening.shown + ": stopped");
  if (interrupt.expired())
    throw SourceError(opening.shown +
                      ": no answer within 10 s; check the address and that the camera or server runs");
  if (opening.input.file && opening.input.file->read_error() != 0)
    throw SourceError(opening.shown + ": cannot be read: " + ffmpeg_error_text(error));
  if (opening.network()) throw SourceError(opening.shown + ": " + network_error_text(error));
  if (opening.kind == SourceKind::device)
    throw SourceError(opening.shown + ": the camera does not start: " + ffmpeg_error_text(error) +
                      "; check that no other program uses it");
  throw SourceError(opening.shown + ": damaged or cut short: " + ffmpeg_error_text(error) +
                    "; fetch or record it again");
}

int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

// Looks at what is already in memory, so that nothing is used up.
bool begins_with_text(const AVIOContext* io) {
  constexpr std::ptrdiff_t kEnough = 512;
  const unsigned char* begin = io->buf_ptr;
  const unsigned char* end = begin + std::min(kEnough, io->buf_end - begin);
  return begin != end && std::none_of(begin, end, [](unsigned char c) {
           return c == 0x7f || c == 0 || (c < ' ' && !std::isspace(c));
         });
}

const AVInputFormat* probe(const Opening& opening, AVIOContext* io) {
  if (avio_feof(io)) throw SourceError(opening.shown + ": is empty; nothing came in");
  const AVInputFormat* format = nullptr;
  const int score = av_probe_input_buffer2(io, &format, opening.options.source.c_str(), nullptr, 0, 0);
  if (opening.input.interrupt.fired()) throw_opening_error(opening, AVERROR_EXIT);
  if (score == AVERROR_EOF) throw SourceError(opening.shown + ": is empty; nothing came in");
  // A name's suffix alone gives a low score, so a letter called a.mp4 comes here as one.
  if (score <= AVPROBE_SCORE_RETRY && begins_with_text(io))
    throw SourceError(opening.shown + ": is text, not a video; give a video file");
  if (score < 0 || !format)
    throw SourceError(
        opening.shown +
        ": is not a video of a known container; give mp4, mov, mkv, webm, avi, mpeg, ts, flv or the like");
  require_allowed_format(*format, opening.shown, opening.network(), opening.options.allow_manifests);
  return format;
}

// `io` may be nullptr: then FFmpeg opens the name itself, under the whitelists.
void open_context(const Opening& opening, AVIOContext* io, const AVInputFormat* format, Options& options) {
  AVFormatContext* context = avformat_alloc_context();
  if (!context) throw std::bad_alloc();
  context->interrupt_callback = opening.input.interrupt.callback();
  if (io) {
    context->pb = io;
    context->io_open = refuse_to_open;
  }
  if (opening.kind == SourceKind::device) context->flags |= AVFMT_FLAG_NONBLOCK;
  options.set("format_whitelist", format_whitelist(opening.kind, opening.options.allow_manifests));
  options.set("protocol_whitelist", protocol_whitelist(opening.kind, opening.options.allow_manifests));
  const int result = avformat_open_input(&context, opening.options.source.c_str(), format, options.get());
  if (result < 0) throw_opening_error(opening, result);
  opening.input.context.reset(context);
}

// Every stream's probing decoder gets the same bounds as our own.
void find_streams(const Opening& opening) {
  AVFormatContext* context = opening.input.context.get();
  std::vector<AVDictionary*> options(context->nb_streams, nullptr);
  for (AVDictionary*& each : options) {
    av_dict_set_int(&each, "max_pixels", kMaxPixels, 0);
    av_dict_set_int(&each, "threads", 1, 0);
  }
  const int result = avformat_find_stream_info(context, options.empty() ? nullptr : options.data());
  for (AVDictionary*& each : options) av_dict_free(&each);
  if (opening.input.interrupt.fired() || (result < 0 && context->nb_streams == 0))
    throw_opening_error(opening, result < 0 ? result : AVERROR_EXIT);
}

void open_descriptor(const Opening& opening) {
  Input& input = opening.input;
  input.file = opening.kind == SourceKind::standard_input
                   ? DescriptorInput::standard_input(input.interrupt)
                   : DescriptorInput::open_file(opening.options.source, input.interrupt);
  const AVInputFormat* format = probe(opening, input.file->io());
  Options options;
  open_context(opening, input.file->io(), format, options);
}

void open_http(const Opening& opening) {
  Input& input = opening.input;
  Options options;
  options.set("protocol_whitelist", protocol_whitelist(opening.kind, opening.options.allow_manifests));
  const AVIOInterruptCB callback = input.interrupt.callback();
  AVIOContext* io = nullptr;
  const int result =
      avio_open2(&io, opening.options.source.c_str(), AVIO_FLAG_READ, &callback, options.get());
  if (result < 0) throw_opening_error(opening, result);
  input.url.reset(io);
  const AVInputFormat* format = probe(opening, io);
  Options context_options;
  if (is_manifest(*format)) {
    input.url.reset();
    open_context(opening, nullptr, format, context_options);
  } else {
    open_context(opening, io, format, context_options);
  }
}

void open_rtsp(const Opening& opening) {
  Options options;
  const bool udp = opening.options.transport == RtspTransport::udp;
  options.set("rtsp_transport", udp ? "udp" : "tcp");
  options.set("allowed_media_types", "video");
  if (udp) options.set("buffer_size", std::int64_t{1} << 20);
  open_context(opening, nullptr, av_find_input_format("rtsp"), options);
}

void open_device(const Opening& opening) {
  struct stat status {};
  if (::stat(opening.options.source.c_str(), &status) != 0)
    throw SourceError(opening.shown + ": no such camera; plug it in, or see /dev for its name");
  const AVInputFormat* format = av_find_input_format("v4l2");
  if (!format) throw SourceError(opening.shown + ": this FFmpeg was built without cameras (V4L2)");
  Options options;
  open_context(opening, nullptr, format, options);
}

}  // namespace

void open_input(const SourceOptions& options, SourceKind kind, Input& input) {
  prepare_ffmpeg();
  const Opening opening{options, kind, input, without_credentials(options.source)};
  if (opening.network()) require_known_host(options.source, opening.shown);
  switch (kind) {
    case SourceKind::rtsp:
      open_rtsp(opening);
      break;
    case SourceKind::http:
      open_http(opening);
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
