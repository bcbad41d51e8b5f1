#include "datasets/video/source_policy.h"
#include "base/text/remote_name.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/text/lower_case.h"
#include "datasets/video/file_stretch.h"

namespace actionflow {

namespace {

// Demuxers by FFmpeg's short names; each holds its pictures itself.
constexpr const char* kContainers =
    "mov,matroska,avi,mpeg,mpegts,mpegvideo,m4v,flv,live_flv,ogg,asf,mjpeg,mpjpeg,h264,hevc,av1,obu,ivf,gif,"
    "apng,"
    "yuv4mpegpipe,mxf,nut,dv,rm,wtv,h263,vc1,vc1test,swf";
constexpr const char* kManifests =
    "hls,dash,concat,sdp,rtsp,webm_dash_manifest,applehttp,smoothstreaming,imf,sap,rtp";
constexpr const char* kPictures =
    "image2,image2pipe,jpeg_pipe,png_pipe,bmp_pipe,webp_pipe,tiff_pipe,ppm_pipe,pgm_pipe,jpegls_pipe,"
    "svg_pipe,j2k_pipe,exr_pipe,psd_pipe,dds_pipe,dpx_pipe,ico,alias_pix";

constexpr const char* kAudio = "mp3,wav,w64,flac,aac,ac3,eac3,amr,caf,aiff,au,ape,wv,tta,dts,truehd,oma,loas";

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() &&
         std::equal(start.begin(), start.end(), text.begin(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

// "ftp" of "ftp://host/x"; empty where the name has no scheme.
std::string_view scheme_of(std::string_view source) {
  const std::size_t end = source.find("://");
  if (end == std::string_view::npos || end == 0) return {};
  const std::string_view scheme = source.substr(0, end);
  const bool plausible = std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '+' || c == '-' || c == '.' || c == ',';
  });
  return plausible ? scheme : std::string_view{};
}

bool matches(const AVInputFormat& format, const char* list) {
  return av_match_list(format.name, list, ',') > 0;
}

// Whether it makes its time stamps up: raw pictures' demuxers, and no others, want to be told a rate for
// that.
bool asks_for_a_rate(const AVInputFormat& format) {
  const AVClass* options = format.priv_class;
  if (!options) return false;
  const AVOption* rate = av_opt_find(&options, "framerate", nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ);
  return rate && rate->type == AV_OPT_TYPE_VIDEO_RATE;
}

std::string not_opened(std::string_view scheme) {
  return without_credentials(std::string(scheme)) +
         ":// is not opened; use a file, a folder, rtsp://, rtsps://, http://, https://, s3://, rtmp://, "
         "rtmps://, srt:// or udp://";
}

SourceError missing(const std::string& shown, int error) {
  if (error == ENOENT || error == ENOTDIR)
    return SourceError(shown + ": no such file or folder; check the path");
  if (error == EACCES) return SourceError(shown + ": permission denied; make it readable for this user");
  return SourceError(shown + ": cannot be opened: " + std::strerror(error));
}

SourceKind kind_on_disk(const std::string& source, const std::string& shown) {
  struct stat status {};
  const std::optional<FileStretch> stretch = file_stretch(source);
  if (::stat(stretch ? stretch->file.c_str() : source.c_str(), &status) != 0) {
    const int error = errno;
    if (const std::string_view scheme = scheme_of(source); error == ENOENT && !scheme.empty())
      throw SourceError(shown + ": " + not_opened(scheme));
    throw missing(shown, error);
  }
  if (S_ISDIR(status.st_mode)) return SourceKind::frame_folder;
  if (S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode)) return SourceKind::file;
  throw SourceError(shown +
                    ": is neither a file nor a folder; give a video file, a folder of frames or /dev/videoN");
}

constexpr std::array<std::pair<std::string_view, SourceKind>, 9> kSchemes{{{"rtsp://", SourceKind::rtsp},
                                                                           {"rtsps://", SourceKind::rtsp},
                                                                           {"http://", SourceKind::http},
                                                                           {"https://", SourceKind::http},
                                                                           {"s3://", SourceKind::object},
                                                                           {"rtmp://", SourceKind::stream},
                                                                           {"rtmps://", SourceKind::stream},
                                                                           {"srt://", SourceKind::stream},
                                                                           {"udp://", SourceKind::stream}}};

}  // namespace

bool is_network(SourceKind kind) {
  return kind == SourceKind::rtsp || kind == SourceKind::http || kind == SourceKind::stream;
}

SourceKind source_kind_by_name(std::string_view source) {
  if (source == "-") return SourceKind::standard_input;
  if (source.starts_with("/dev/video")) return SourceKind::device;
  for (const auto& [scheme, kind] : kSchemes) {
    if (starts_with_ignoring_case(source, scheme)) return kind;
  }
  return SourceKind::file;
}

std::string unopened_scheme(const std::string& source) {
  const std::string_view scheme = scheme_of(source);
  struct stat status {};
  const bool refused = !scheme.empty() && source_kind_by_name(source) == SourceKind::file &&
                       ::stat(source.c_str(), &status) != 0;
  return refused ? not_opened(scheme) : std::string();
}

SourceKind source_kind(const SourceOptions& options) {
  const std::string& source = options.source;
  if (source.empty()) throw SourceError("the source's name is empty; give a file, a folder or an address");
  if (source.find('\0') != std::string::npos) throw SourceError("the source's name holds a zero byte");
  const SourceKind kind = source_kind_by_name(source);
  return kind == SourceKind::file ? kind_on_disk(source, without_credentials(source)) : kind;
}

bool is_manifest(const AVInputFormat& format) { return matches(format, kManifests); }
bool is_playlist(const AVInputFormat& format) { return matches(format, "hls,dash"); }

bool has_no_clock(const AVInputFormat& format) {
  return asks_for_a_rate(format) || matches(format, "mpjpeg");
}

void require_allowed_format(const AVInputFormat& format, const std::string& shown, bool from_network,
                            bool allow_manifests) {
  if (matches(format, kContainers)) return;
  if (is_manifest(format)) {
    if (from_network && allow_manifests && matches(format, "hls,dash")) return;
    const std::string what =
        shown + ": is a list that points at other files (" + format.name + "), which is not followed; ";
    if (from_network) throw RefusedSource(what + "set allow_manifests: true if you trust its server");
    throw SourceError(what + "give the video itself, or its http(s) address with allow_manifests: true");
  }
  if (matches(format, kPictures)) {
    throw SourceError(shown + ": is a single picture (" + format.name +
                      "); give a video or a folder of JPEG or PNG frames");
  }
  if (matches(format, kAudio)) {
    throw SourceError(shown + ": no video stream (it is " + format.name + "); give a file with pictures");
  }
  if (matches(format, "tty")) throw SourceError(shown + ": is text, not a video; give a video file");
  throw SourceError(shown + ": is not a video of a known container (it looks like " + format.name +
                    "); give mp4, mov, mkv, webm, avi, mpeg, ts, flv or the like");
}

std::string format_whitelist(SourceKind kind, bool allow_manifests) {
  switch (kind) {
    case SourceKind::rtsp:
      return "rtsp,rtp,asf,mpegts";
    case SourceKind::device:
      return "video4linux2,v4l2";
    case SourceKind::http:
      return std::string(kContainers) + (allow_manifests ? ",hls,dash,aac,mp3,webvtt" : "");
    default:
      return kContainers;
  }
}

std::string protocol_whitelist(SourceKind kind, bool allow_manifests) {
  switch (kind) {
    case SourceKind::rtsp:
      return "rtp,udp,tcp,tls";
    case SourceKind::http:
      return allow_manifests ? "http,https,tcp,tls,crypto" : "http,https,tcp,tls";
    case SourceKind::stream:
      return "rtmp,rtmps,srt,udp,tcp,tls";
    default:
      return "file";
  }
}

bool is_live(const SourceOptions& options) {
  if (options.realtime) return true;
  const SourceKind kind = source_kind_by_name(options.source);
  if (kind == SourceKind::http) return options.live.value_or(!names_recording(options.source));
  return kind == SourceKind::device || is_network(kind);
}

}  // namespace actionflow
