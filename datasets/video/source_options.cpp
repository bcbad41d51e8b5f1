#include "datasets/video/source.h"

namespace actionflow {

void SourceOptions::describe(config::Fields<SourceOptions>& fields) {
  fields.add("source", &SourceOptions::source,
             "a file, a folder of JPEG or PNG frames, - for standard input, /dev/videoN, or an rtsp://, "
             "rtsps://, http:// or https:// address");
  fields.add("realtime", &SourceOptions::realtime, "play a file at its own speed, as a camera would");
  fields.add("retry", &SourceOptions::retry, "open a live source again when it is lost");
  fields
      .add("frame_rate", &SourceOptions::frame_rate,
           "frames a second of what has no time stamps: a folder of frames (25 unless given), a raw H.264 or "
           "MJPEG stream (by arrival if it is live, else its codec's rate or 25, unless given)")
      .range(0.001, 1000);
  fields.add("codec_threads", &SourceOptions::codec_threads, "threads that decode this stream").range(1, 64);
  fields.add("transport", &SourceOptions::transport, "how RTSP's video travels");
  fields.add("allow_manifests", &SourceOptions::allow_manifests,
             "accept an HLS or DASH playlist behind an http(s) address");
}

}  // namespace actionflow
