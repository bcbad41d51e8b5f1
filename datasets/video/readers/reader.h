// Video in: one source opened, its packets read.
//
// A Reader belongs to one thread (the stream's source thread) and blocks there. It may be destroyed from
// another thread once idle.
//
// Opening a live source and each read from it end within 10.5 s (half a second after `silence`) of the last
// byte that came, name look-ups included: a slow source is alive.
//
// A live source without time stamps of its own (MJPEG over HTTP, raw H.264 from a pipe) is stamped by
// arrival.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/machine/clock.h"
#include "datasets/video/packet.h"
#include "datasets/video/source_options.h"

namespace actionflow {

struct StreamInfo {
  std::string format;  // "mov,mp4,…", "rtsp", "frames"
  std::string codec;   // "h264"
  int width = 0;       // as coded
  int height = 0;
  double frame_rate = 0;           // average, 0 when unknown
  std::optional<double> duration;  // seconds, where the container knows it
  bool live = false;               // goes on for ever, or plays at its own speed
  bool in_pieces = false;          // behind a playlist: seconds of it come at once
};

// Set from another thread to end a blocking call: the caller gets SourceError "stopped" at once or
// within 100 ms, or is abandoned by its owner when it hangs in a system call.
using StopFlag = std::atomic<bool>;

class Reader {
 public:
  // Throws SourceError that names the source (without credentials), what is wrong and the mend.
  // `stop` and `clock`, which silences and arrivals are measured by, must outlive the reader.
  static std::unique_ptr<Reader> open(const SourceOptions& options, const StopFlag& stop,
                                      const Clock& clock = Clock::system());
  virtual ~Reader() = default;

  virtual const StreamInfo& info() const = 0;
  // The next packet of the video stream; nullopt at the end. Blocks. Throws SourceError when a live
  // source is lost or silent for too long (behind a playlist for 30 s): then drop the reader and open
  // another. A file behind http ends as a file does, and so does what RTSP says the duration of, there and
  // not before.
  virtual std::optional<Packet> read() = 0;
  // Goes on at a keyframe, as near before this time stamp as the container knows one; what it finds is not
  // sure to be before, so look at the frames. The decoder has to be flushed. False where the source cannot be
  // read out of order; then nothing has moved.
  virtual bool seek(std::int64_t /*pts_us*/) { return false; }
  // Places in the container that could not be read and were passed over.
  virtual std::int64_t damaged() const { return 0; }

  virtual std::shared_ptr<const CodecParameters> codec_parameters() const = 0;
};

}  // namespace actionflow
