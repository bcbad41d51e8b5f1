// What a source is and what may be asked of it: a stream of a pipeline file.
//
// Source policy: what is opened is what was named. Files are opened by us, not by
// FFmpeg; formats and protocols pass whitelists, and nothing a file refers to is opened.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/config.h"
#include "base/text/mask.h"

namespace actionflow {

enum class RtspTransport { tcp, udp };

// What a decoder leaves out: the smoothing of block edges, pictures that no other picture needs, all but
// keyframes.
enum class Skip { loop_filter, nonreference, nonkey };

// The device that decodes; where it is not there or does not know the codec, the processor does.
enum class Hardware { none, automatic, vaapi, cuda, qsv, vdpau, drm };

// In shares of a picture as it is shown, from its left and top edge.
using Point = std::array<double, 2>;
using Polygon = std::vector<Point>;
using Region = std::array<double, 4>;  // left, top, width, height

// A stream of a pipeline file.
struct SourceOptions {
  // A file, a folder of JPEG or PNG frames, "-" for standard input, a V4L2 device (/dev/video0), or an
  // address: rtsp://, rtsps://, http://, https://, rtmp://, rtmps://, srt:// or udp://.
  std::string source;
  bool realtime = false;  // play a file at its own speed, as a camera would
  bool loop = false;      // with `realtime`: begin the file anew when it is over, its time stamps going on
  bool retry = true;      // a live source is opened again when it is lost
  // Of what has no time stamps: a folder of frames (25 where it is not given), a raw H.264 or MJPEG stream
  // (where it is not given, a recorded one has its codec's rate or 25, a live one goes by arrival).
  std::optional<double> frame_rate;
  int codec_threads = 1;
  RtspTransport transport = RtspTransport::tcp;
  // Whether an http(s) address is a camera's, which goes on for ever, or a recording's; not given: a
  // recording's where it ends as a video file's name does.
  std::optional<bool> live;
  bool allow_manifests = false;  // HLS or DASH behind an http(s) address
  double silence = 10;           // seconds without a byte after which a live source is lost
  std::vector<Skip> skip;
  Hardware hardware = Hardware::none;
  std::optional<Region> crop;  // pictures are cut to it when they are decoded
  std::vector<Polygon> mask;   // areas of the whole picture that networks see as black
  // A camera's main stream, from which clips of events are copied, where `source` is a smaller one; empty:
  // from `source`.
  std::string record;

  bool operator==(const SourceOptions&) const = default;
  static void describe(config::Fields<SourceOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;
};

// Whether the source is one that goes on for ever (a camera or network stream, or realtime), by its
// name and what is said of it. StreamInfo::live knows better once it is open.
bool is_live(const SourceOptions& options);

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::RtspTransport> {
  static constexpr std::array<std::pair<RtspTransport, std::string_view>, 2> names{
      {{RtspTransport::tcp, "tcp"}, {RtspTransport::udp, "udp"}}};
};

template <>
struct actionflow::config::EnumNames<actionflow::Skip> {
  using Skip = actionflow::Skip;
  static constexpr std::array<std::pair<Skip, std::string_view>, 3> names{
      {{Skip::loop_filter, "loop_filter"}, {Skip::nonreference, "nonreference"}, {Skip::nonkey, "nonkey"}}};
};

template <>
struct actionflow::config::EnumNames<actionflow::Hardware> {
  using Hardware = actionflow::Hardware;
  static constexpr std::array<std::pair<Hardware, std::string_view>, 7> names{{{Hardware::none, "none"},
                                                                               {Hardware::automatic, "auto"},
                                                                               {Hardware::vaapi, "vaapi"},
                                                                               {Hardware::cuda, "cuda"},
                                                                               {Hardware::qsv, "qsv"},
                                                                               {Hardware::vdpau, "vdpau"},
                                                                               {Hardware::drm, "drm"}}};
};
