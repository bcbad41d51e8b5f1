// Video in: one source opened, its packets read, its frames decoded.
//
// A Reader belongs to one thread (the stream's source thread) and blocks there; a Decoder belongs
// to a serial node of the same stream. Both may be destroyed from another thread once idle.
//
// Source policy: what is opened is what was named. Files are opened by us, not by
// FFmpeg; formats and protocols pass whitelists, and nothing a file refers to is opened.
//
// Opening a live source and each read from it end within 10.5 s (half a second after `silence`) of the last
// byte that came, name look-ups included: a slow source is alive.
//
// A live source without time stamps of its own (MJPEG over HTTP, raw H.264 from a pipe) is stamped by
// arrival.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/config.h"
#include "base/error.h"
#include "base/machine/clock.h"
#include "base/text/mask.h"
#include "datasets/video/frame.h"

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

struct StreamInfo {
  std::string format;  // "mov,mp4,…", "rtsp", "frames"
  std::string codec;   // "h264"
  int width = 0;       // as coded
  int height = 0;
  double frame_rate = 0;           // average, 0 when unknown
  std::optional<double> duration;  // seconds, where the container knows it
  bool live = false;               // goes on for ever, or plays at its own speed
};

// Set from another thread to end a blocking call: the caller gets SourceError "stopped" at once or
// within 100 ms, or is abandoned by its owner when it hangs in a system call.
using StopFlag = std::atomic<bool>;

// A compressed packet; cheap to move, reference-counted.
class Packet {
 public:
  struct Data;
  Packet() = default;
  Packet(std::shared_ptr<Data> data, std::int64_t arrival_ns)
      : data_(std::move(data)), arrival_ns_(arrival_ns) {}
  const Data* data() const { return data_.get(); }
  explicit operator bool() const { return data_ != nullptr; }
  // When a reader had it, on its clock's steady time.
  std::int64_t arrival_ns() const { return arrival_ns_; }
  void set_arrival_ns(std::int64_t ns) { arrival_ns_ = ns; }
  // When its picture was taken, nanoseconds since 1970, as the sender says (RTCP's sender reports); 0: it
  // does not.
  std::int64_t taken_ns() const { return taken_ns_; }
  void set_taken_ns(std::int64_t ns) { taken_ns_ = ns; }

 private:
  std::shared_ptr<Data> data_;
  std::int64_t arrival_ns_ = 0;
  std::int64_t taken_ns_ = 0;
};

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
  // another. A network source of known duration or size ends as a file does.
  virtual std::optional<Packet> read() = 0;
  // Goes on at a keyframe, as near before this time stamp as the container knows one; what it finds is not
  // sure to be before, so look at the frames. The decoder has to be flushed. False where the source cannot be
  // read out of order; then nothing has moved.
  virtual bool seek(std::int64_t /*pts_us*/) { return false; }
  // Places in the container that could not be read and were passed over.
  virtual std::int64_t damaged() const { return 0; }

  // What a decoder needs to know of the stream; opaque outside this room.
  struct CodecParameters;
  virtual std::shared_ptr<const CodecParameters> codec_parameters() const = 0;
};

class Decoder {
 public:
  // Throws SourceError when there is no decoder for the codec.
  static std::unique_ptr<Decoder> create(std::shared_ptr<const Reader::CodecParameters> parameters,
                                         int codec_threads);
  virtual ~Decoder() = default;

  // Appends the frames that this packet completes, in order of presentation. A damaged packet or
  // frame is counted and passed over, never thrown.
  virtual void decode(const Packet& packet, std::vector<Frame>& frames) = 0;
  // After the last packet.
  virtual void flush(std::vector<Frame>& frames) = 0;

  virtual std::int64_t damaged() const = 0;
  virtual std::int64_t decoded() const = 0;
  // Why no frame came, and the mend, to follow a colon; empty where nothing went wrong.
  virtual std::string failure() const = 0;
};

// Whether the source is one that goes on for ever (a camera or network stream, or realtime), by its
// name alone. StreamInfo::live knows better once it is open: a video file behind http is not live.
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
