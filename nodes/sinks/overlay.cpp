// overlay: the pictures of a stream with what a node says of them, as a video file.
//
// Each picture bears the newest window that covers it, so pictures wait here until no window that covers them
// can come, or the run ends: about the length of a window, whatever the video's length.
#include <deque>
#include <filesystem>
#include <optional>
#include <variant>

#include "datasets/video/video_writer.h"
#include "nodes/flow/process_item.h"
#include "nodes/results/covered_time.h"
#include "nodes/sinks/draw_result.h"
#include "nodes/sinks/sink_flow.h"
#include "nodes/sinks/sink_kinds.h"

namespace actionflow {

namespace {

constexpr double kUsPerSecond = 1e6;
constexpr double kUsualRate = 25;
// A step between time stamps outside of this is no step of one recording.
constexpr double kLongestStep = 1e6;

struct OverlayOptions {
  std::filesystem::path file;
  static void describe(config::Fields<OverlayOptions>& fields) {
    fields
        .add("file", &OverlayOptions::file,
             "the video, its kind by its suffix; with several streams each has its name before the suffix")
        .required();
  }
};

using FrameOrScores = std::variant<FramesItem, ScoresItem>;

// The annotated video of one stream. Its node is serial.
class StreamOverlay {
 public:
  StreamOverlay(std::filesystem::path path, const std::vector<std::string>& classes, double hop)
      : path_(std::move(path)), classes_(classes), covered_(hop) {}

  void take(const Frames& frames) {
    for (const Frame& frame : frames) waiting_.push_back({time_of(frame), frame});
    write_covered();
  }

  void take(const ScoresItem& item) {
    const WindowInfo& window = item.ticket->window();
    if (item.outcome.has_value()) {
      results_.push_back({window.start, window.end, top_classes(*item.outcome.value(), classes_)});
    }
    covered_.answered(window.start, window.end);
    write_covered();
  }

  void finish() {
    while (!waiting_.empty()) write_first();
    if (writer_) writer_->finish();
    writer_.reset();
  }

 private:
  struct Timed {
    double time = 0;  // seconds since the stream's first frame
    Frame frame;
  };

  double time_of(const Frame& frame) {
    if (last_pts_us_) {
      const double step = static_cast<double>(frame.pts_us()) - static_cast<double>(*last_pts_us_);
      time_ += step > 0 && step < kLongestStep * kUsPerSecond ? step / kUsPerSecond : 1 / kUsualRate;
    }
    last_pts_us_ = frame.pts_us();
    return time_;
  }

  void write_covered() {
    const double until = covered_.until(time_);
    while (!waiting_.empty() && waiting_.front().time < until) write_first();
  }

  void write_first() {
    const Timed first = std::move(waiting_.front());
    waiting_.pop_front();
    if (!writer_) open(first.frame);
    const PreparedFramePtr prepared = preparer_->prepare(first.frame);
    pixels_.assign(prepared->data(), prepared->data() + prepared->size());
    while (!results_.empty() && results_.front().end <= first.time) results_.pop_front();
    const DrawnResult* newest = nullptr;
    for (const DrawnResult& result : results_) {
      if (result.start <= first.time && first.time < result.end) newest = &result;
    }
    if (newest) draw_result(*newest, prepared->width(), prepared->height(), pixels_.data());
    writer_->write(pixels_.data(), static_cast<std::int64_t>(first.time * kUsPerSecond));
  }

  void open(const Frame& frame) {
    InputSpec form;
    form.width = frame.display_width();
    form.height = frame.display_height();
    form.color = ColorOrder::bgr;
    form.resize.filter = ResizeFilter::bilinear;
    preparer_.emplace(form);
    VideoWriterOptions options;
    options.width = form.width;
    options.height = form.height;
    options.bgr = true;
    if (!waiting_.empty() && waiting_.back().time > 0) {
      options.frame_rate = static_cast<double>(waiting_.size()) / waiting_.back().time;
    }
    writer_ = std::make_unique<VideoWriter>(path_, options);
  }

  const std::filesystem::path path_;
  const std::vector<std::string>& classes_;
  std::deque<Timed> waiting_;
  std::deque<DrawnResult> results_;
  CoveredTime covered_;
  std::optional<std::int64_t> last_pts_us_;
  double time_ = 0;
  std::optional<Preparer> preparer_;
  std::unique_ptr<VideoWriter> writer_;
  std::vector<std::uint8_t> pixels_;
};

class OverlayNode : public Node {
 public:
  using Options = OverlayOptions;
  explicit OverlayNode(Options options) : options_(std::move(options)) {}

  std::vector<std::filesystem::path> outputs(const std::vector<std::string>& streams) const override {
    std::vector<std::filesystem::path> paths;
    paths.reserve(streams.size());
    for (const std::string& stream : streams) paths.push_back(path_of(stream, streams.size() > 1));
    return paths;
  }

  void settle(const NodeUse& use, const Neighbours& around, config::Diagnostics& diagnostics) override {
    if (const Node* window = around.inputs[1]->window()) hop_ = window->hop_seconds();
    if (options_.file.empty() || VideoWriter::knows_suffix(options_.file)) return;
    diagnostics.add(use.place, options_.file.string() + ": the suffix names no video container, expected " +
                                   ".mp4, .mkv, .avi or the like");
  }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    const std::filesystem::path folder = std::filesystem::absolute(options_.file).parent_path();
    if (!std::filesystem::is_directory(folder))
      throw UsageError(folder.string() + ": no such folder, for the video of '" + use.name + "'");
    std::map<StreamId, Receiver<Scores>*> lanes;
    for (const StreamId stream : use.streams) {
      const std::filesystem::path path = path_of(flow.run().stream(stream).name, use.streams.size() > 1);
      auto overlay = std::make_shared<StreamOverlay>(path, *inputs[1].classes, hop_);
      lanes[stream] = &build_stream(flow, use.name, overlay, *inputs[0].frames.at(stream));
      flow.on_finish([overlay](const Summary&) { overlay->finish(); });
    }
    route_to_lanes(flow, *inputs[1].scores, std::move(lanes));
    return {};
  }

 private:
  using Merge = tbb::flow::function_node<FrameOrScores, tbb::flow::continue_msg>;
  template <class T>
  using Port = tbb::flow::multifunction_node<Item<T>, std::tuple<FrameOrScores>>;

  template <class T>
  static Port<T>& port_to(Flow& flow, Merge& merge) {
    auto& port = flow.make<Port<T>>(flow.graph(), tbb::flow::serial,
                                    [](const Item<T>& item, typename Port<T>::output_ports_type& ports) {
                                      std::get<0>(ports).try_put(FrameOrScores(item));
                                    });
    tbb::flow::make_edge(tbb::flow::output_port<0>(port), merge);
    return port;
  }

  static Receiver<Scores>& build_stream(Flow& flow, const std::string& name,
                                        std::shared_ptr<StreamOverlay> overlay, Sender<Frames>& frames) {
    RunContext& run = flow.run();
    auto& merge =
        flow.make<Merge>(flow.graph(), tbb::flow::serial, [&run, name, overlay](const FrameOrScores& in) {
          if (const auto* item = std::get_if<FramesItem>(&in)) {
            draw(run, name, *item, [&](const Frames& list) { overlay->take(list); });
          } else {
            const auto& scores = std::get<ScoresItem>(in);
            draw(run, name, whole(scores), [&](const ScoresItem& one) { overlay->take(one); });
          }
          return tbb::flow::continue_msg();
        });
    tbb::flow::make_edge(frames, port_to<Frames>(flow, merge));
    return port_to<Scores>(flow, merge);
  }

  // Failed and dropped windows count too: they let pictures go.
  static Item<ScoresItem> whole(const ScoresItem& item) { return {item.key, item.mark, item.ticket, item}; }

  template <class T, class Work>
  static void draw(RunContext& run, const std::string& name, const Item<T>& item, Work&& work) {
    using Nothing = std::monostate;
    process_item<Nothing>(run, name, item, [&](const T& value) -> Outcome<Nothing> {
      work(value);
      return Nothing{};
    });
  }

  static void route_to_lanes(Flow& flow, Sender<Scores>& sender,
                             std::map<StreamId, Receiver<Scores>*> lanes) {
    auto body = [lanes = std::move(lanes)](const ScoresItem& item) {
      lanes.at(item.key.stream)->try_put(item);
      return tbb::flow::continue_msg();
    };
    auto& router = flow.make<tbb::flow::function_node<ScoresItem, tbb::flow::continue_msg>>(
        flow.graph(), tbb::flow::serial, std::move(body));
    tbb::flow::make_edge(sender, router);
  }

  std::filesystem::path path_of(const std::string& stream, bool several) const {
    if (!several) return options_.file;
    std::string plain = stream;
    for (char& c : plain) {
      if (c == '/' || static_cast<unsigned char>(c) < ' ') c = '_';
    }
    std::filesystem::path path = options_.file;
    path.replace_filename(path.stem().string() + "-" + plain + path.extension().string());
    return path;
  }

  Options options_;
  double hop_ = 0;
};

}  // namespace

NodeKind overlay_kind() {
  return node_kind<OverlayNode>("overlay", "a video file of the pictures with the results drawn on them",
                                {PortType::frames, PortType::scores}, PortType::nothing, true);
}

}  // namespace actionflow
