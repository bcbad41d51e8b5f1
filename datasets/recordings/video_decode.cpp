#include "datasets/recordings/video_decode.h"

#include <utility>
#include <vector>

#include "datasets/video/decoding/decoder.h"
#include "datasets/video/packet.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_policy.h"
#include "datasets/video/time/time_line.h"

namespace actionflow {

namespace {

// Frames of one video on their way to the sink.
class Decoding {
 public:
  Decoding(const FrameForm& form, const FrameSink& sink) : preparer_(form.input()), sink_(sink) {}

  // False when the sink wants no more.
  bool take(std::vector<Frame>& frames) {
    for (const Frame& frame : frames) time_line_.push(frame, timed_);
    frames.clear();
    return hand_on();
  }
  void finish() {
    time_line_.finish(timed_);
    hand_on();
  }
  bool any() const { return !times_us_.empty(); }
  double duration(double frame_rate) const { return video_duration(times_us_, frame_rate); }

 private:
  bool hand_on() {
    bool wanted = true;
    for (const TimedFrame& timed : timed_) wanted = wanted && hand_on(timed);
    timed_.clear();
    return wanted;
  }

  bool hand_on(const TimedFrame& timed) {
    PreparedFramePtr prepared;
    try {
      prepared = preparer_.prepare(timed.frame);
    } catch (const SourceError&) {
      return true;
    }
    times_us_.push_back(timed.time_us);
    return sink_(timed.time_us, prepared);
  }

  Preparer preparer_;
  const FrameSink& sink_;
  TimeLine time_line_{Timing::recorded};
  std::vector<TimedFrame> timed_;
  std::vector<std::int64_t> times_us_;
};

[[noreturn]] void throw_not_recorded(const SourceOptions& source) {
  throw SourceError(without_credentials(source.source) +
                    ": is not a recorded video; give a file or a folder of frames");
}

}  // namespace

void require_recorded(const SourceOptions& source) {
  const bool file = source_kind_by_name(source.source) == SourceKind::http && !source.realtime;
  if (source.source == "-" || (is_live(source) && !file)) throw_not_recorded(source);
}

std::unique_ptr<Reader> open_recorded(const SourceOptions& source, const StopFlag& stop) {
  require_recorded(source);
  std::unique_ptr<Reader> reader = Reader::open(source, stop);
  if (reader->info().live) throw_not_recorded(source);
  return reader;
}

void throw_no_frame(const SourceOptions& source, const Decoder& decoder) {
  const std::string why = decoder.failure();
  throw SourceError(without_credentials(source.source) + ": not one frame can be decoded" +
                    (why.empty() ? "; fetch or record it again" : ": " + why));
}

DecodedVideo decode_video(const SourceOptions& source, const FrameForm& form, const FrameSink& sink) {
  const StopFlag never{false};
  const std::unique_ptr<Reader> reader = open_recorded(source, never);
  const std::unique_ptr<Decoder> decoder = Decoder::create(reader->codec_parameters(), source.codec_threads);
  Decoding decoding(form, sink);
  std::vector<Frame> frames;
  bool wanted = true;
  while (wanted) {
    const std::optional<Packet> packet = reader->read();
    if (!packet) break;
    decoder->decode(*packet, frames);
    wanted = decoding.take(frames);
  }
  if (wanted) {
    decoder->flush(frames);
    if (decoding.take(frames)) decoding.finish();
  }
  if (!decoding.any()) throw_no_frame(source, *decoder);
  return {decoding.duration(reader->info().frame_rate), decoder->decoded()};
}

}  // namespace actionflow
