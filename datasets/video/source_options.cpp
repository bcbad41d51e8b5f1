#include <algorithm>

#include "datasets/video/source_options.h"
#include "datasets/video/source_policy.h"

namespace actionflow {

namespace {

bool is_camera(const std::string& address) {
  SourceOptions options;
  options.source = address;
  return address != "-" && is_live(options);
}

}  // namespace

void SourceOptions::describe(config::Fields<SourceOptions>& fields) {
  fields.add("source", &SourceOptions::source,
             "a file, a folder of JPEG or PNG frames, - for standard input, /dev/videoN, or an rtsp://, "
             "rtsps://, http://, https://, s3://, rtmp://, rtmps://, srt:// or udp:// address");
  fields.add("realtime", &SourceOptions::realtime, "play a file at its own speed, as a camera would");
  fields.add("loop", &SourceOptions::loop, "with realtime: begin the file anew when it is over");
  fields.add("retry", &SourceOptions::retry, "open a live source again when it is lost");
  fields
      .add("frame_rate", &SourceOptions::frame_rate,
           "frames a second of what has no time stamps: a folder of frames (25 unless given), a raw H.264 or "
           "MJPEG stream (by arrival if it is live, else its codec's rate or 25, unless given)")
      .range(0.001, 1000);
  fields.add("codec_threads", &SourceOptions::codec_threads, "threads that decode this stream").range(1, 64);
  fields.add("transport", &SourceOptions::transport, "how RTSP's video travels");
  fields.add(
      "live", &SourceOptions::live,
      "whether an http(s) address is a camera's or a recording's; by default a recording's where it ends as "
      "a video file's name does (.mp4)");
  fields.add("allow_manifests", &SourceOptions::allow_manifests,
             "accept an HLS or DASH playlist behind an http(s) address");
  fields
      .add("silence", &SourceOptions::silence,
           "seconds without a byte after which a live source is lost; behind a playlist at least 30")
      .range(1, 3600);
  fields.add("skip", &SourceOptions::skip,
             "what is not decoded: loop_filter, the smoothing of block edges; nonreference, pictures that no "
             "other needs; nonkey, all but keyframes");
  fields.add("hardware", &SourceOptions::hardware,
             "what decodes; where it is not there or does not know the codec, the processor does");
  fields
      .add("crop", &SourceOptions::crop,
           "the part of the picture that is used: left, top, width and height, in shares of it")
      .range(0, 1);
  fields
      .add("mask", &SourceOptions::mask,
           "areas to ignore: polygons of [x, y] corners, in shares of the whole picture")
      .range(0, 1);
  fields.add("record", &SourceOptions::record,
             "address of the camera's main stream, from which clips of events are copied, where source is a "
             "smaller one");
}

void SourceOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  const auto at = [&](const char* key) {
    const config::Value* own = value.find(key);
    return own ? own->place() : value.place();
  };
  if (loop && !realtime)
    diagnostics.add(at("loop"), "loop would read the file without an end, expected realtime: true beside it");
  constexpr double kRounding = 1e-9;
  const auto inside = [&](std::size_t axis) {
    const double begin = (*crop)[axis], size = (*crop)[axis + 2];
    return size > 0 && begin + size <= 1 + kRounding;
  };
  if (crop && !(inside(0) && inside(1)))
    diagnostics.add(at("crop"),
                    "crop is not inside the picture, expected [left, top, width, height] with left "
                    "+ width and top + height of at most 1");
  if (live && source_kind_by_name(source) != SourceKind::http)
    diagnostics.add(at("live"), "live says what an http:// or https:// address is, expected none beside '" +
                                    without_credentials(source) + "'");
  if (!record.empty() && !(is_live(*this) && is_camera(record)))
    diagnostics.add(at("record"),
                    "record is no camera's stream beside another one, expected addresses such as "
                    "rtsp://… for source and for record");
  if (std::any_of(mask.begin(), mask.end(), [](const Polygon& polygon) { return polygon.size() < 3; }))
    diagnostics.add(at("mask"),
                    "mask has a polygon of fewer than three corners, expected [[[x, y], [x, y], "
                    "[x, y], …], …]");
}

}  // namespace actionflow
