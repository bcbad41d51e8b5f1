// decode: packets to frames, one decoder a stream.
#include "datasets/video/decoding/decoder.h"
#include "nodes/flow/process_item.h"
#include "nodes/kinds/kinds.h"

namespace actionflow {

namespace {

// The decoder of one stream and what it counts. Its stage is serial.
class StreamDecoder {
 public:
  StreamDecoder(RunContext& run, StreamId stream, bool counts)
      : run_(run), stream_(stream), counts_(counts), timer_(run.timer("decode")) {}

  Outcome<Frames> take(const PacketItem& item, const PacketMessage& message) {
    if (item.mark == Mark::begin) return begin(message);
    if (!decoder_) return Dropped{};
    Frames frames;
    {
      const ScopedTimer timing(timer_);
      if (message.packet) decoder_->decode(message.packet, frames);
      // After a stop, pictures that come before those held back were never read.
      if (item.mark == Mark::lost || item.mark == Mark::end) decoder_->flush(frames);
    }
    count(frames);
    // A camera may be away for long; its decoder's pictures are not held for it.
    if (item.mark == Mark::lost) decoder_.reset();
    return frames;
  }

  // Whatever became of the last item: nothing more comes.
  void close(bool ended) {
    decoder_.reset();
    StreamState& state = run_.stream(stream_);
    if (!counts_ || !ended || frames_ > 0 || state.source_failed) return;
    // A short source may be read to its end before its decoder is made.
    const std::string why = failure_.empty() ? "; expected a video" : ": " + failure_;
    run_.fail_stream(stream_, state.take_loss().value_or(Failure{
                                  ExitCode::source, state.name + ": no frame could be decoded" + why}));
  }

 private:
  Outcome<Frames> begin(const PacketMessage& message) {
    damaged_ = 0;
    try {
      decoder_ = Decoder::create(message.parameters, run_.stream(stream_).source.codec_threads);
    } catch (...) {
      decoder_.reset();
      run_.stream(stream_).lose(Failure::from_current_exception());
      return Dropped{};
    }
    return Frames{};
  }

  void count(const Frames& frames) {
    frames_ += static_cast<std::int64_t>(frames.size());
    const std::int64_t damaged = decoder_->damaged();
    if (counts_) {
      if (!frames.empty()) run_.stream(stream_).newest_frame_ns = run_.clock().steady_ns();
      run_.stream(stream_).frames += static_cast<std::int64_t>(frames.size());
      run_.stream(stream_).damaged += damaged - damaged_;
      run_.stream(stream_).newest_frame.offer(frames, run_.clock().steady_ns());
    }
    if (damaged != damaged_) failure_ = decoder_->failure();
    damaged_ = damaged;
  }

  RunContext& run_;
  const StreamId stream_;
  const bool counts_;  // the stream's first decode node counts its frames
  DurationHistogram& timer_;
  std::unique_ptr<Decoder> decoder_;
  std::int64_t damaged_ = 0;
  std::int64_t frames_ = 0;
  std::string failure_;  // the decoder's
};

struct DecodeOptions {
  static void describe(config::Fields<DecodeOptions>&) {}
};

class DecodeNode : public Node {
 public:
  using Options = DecodeOptions;
  explicit DecodeNode(Options) {}

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>&) override {
    flow.run().timer("decode");  // stages are told in the order of the graph
    flow.add_to_lanes(use, [&flow, name = use.name](StreamLane& lane) { add_stage(flow, name, lane); });
    return {};
  }

 private:
  static void add_stage(Flow& flow, const std::string& name, StreamLane& lane) {
    RunContext& run = flow.run();
    auto decoder = std::make_shared<StreamDecoder>(run, lane.id(), !lane.has_inputs());
    lane.add_input(flow.make_stage<PacketMessage>(
        LanePriority::decode, [&run, &lane, name, decoder](const PacketItem& item) {
          const FramesItem frames = process_item<Frames>(
              run, name, item, [&](const PacketMessage& message) { return decoder->take(item, message); });
          if (item.mark == Mark::end || item.mark == Mark::stopped) decoder->close(item.mark == Mark::end);
          lane.give_frames(name, frames);
        }));
  }
};

}  // namespace

NodeKind decode_kind() {
  return node_kind<DecodeNode>("decode", "packets of a source to pictures with time stamps",
                               {PortType::packets}, PortType::frames, true);
}

}  // namespace actionflow
