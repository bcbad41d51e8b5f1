// overlay: the pictures of a stream with what a node says of them, as a video file.
#include <algorithm>
#include <filesystem>

#include "base/config/secret.h"
#include "datasets/video/frame_bytes.h"
#include "datasets/video/writing/video_writer.h"
#include "nodes/flow/join_node.h"
#include "nodes/results/stream_file.h"
#include "nodes/sinks/sink_kinds.h"
#include "nodes/sinks/stream_overlay.h"

namespace actionflow {

namespace {

// Pictures, as decoded, and answers that may wait for the encoder.
constexpr std::size_t kToEncode = 16;

struct OverlayOptions {
  std::filesystem::path file;
  Secret url;
  OverlayLook look;
  static void describe(config::Fields<OverlayOptions>& fields) {
    fields.add("file", &OverlayOptions::file,
               "the video, its kind by its suffix; with several streams each has its name before the suffix");
    fields.add("url", &OverlayOptions::url,
               "rtsp:// address of a server that the video is sent to, in place of a file; {stream} in it "
               "stands for the stream's name");
    fields.add("look", &OverlayOptions::look, "how results look on the pictures");
  }

  void check(const config::Value& value, config::Diagnostics& diagnostics) const {
    if (file.empty() == url.empty())
      diagnostics.add(value.place(), "expected file: or url:, and one of them");
    if (!url.empty() && !PublishedVideo::is_address(url))
      diagnostics.add(value.find("url")->place(), "url is no address of an RTSP server, expected rtsp://…");
  }
};

// A stream's video, and the thread that draws it.
struct LaneOverlay {
  const StreamState& stream;
  std::shared_ptr<StreamOverlay> video;
  std::shared_ptr<SinkThread> thread;

  // Of a live stream pictures are dropped where encoding does not keep up; only where nothing but answers
  // waits, the oldest of those go.
  void take(const Frames& frames) const {
    if (frames.empty()) return;
    std::int64_t bytes = 0;
    for (const Frame& frame : frames) bytes += frame_bytes(frame);
    post(
        SinkThread::Loss::early,
        [to = video, frames, live = stream.live.load()] {
          to->take(frames, live ? SinkThread::kMostBytes : StreamOverlay::kAsManyAsItTakes);
        },
        bytes);
  }
  // The item's ticket stays behind: a clip in a sink's queue is no longer in the graph, which would else end
  // before those that wait for it.
  template <class T>
  void take(Item<T> item) const {
    item.ticket = std::make_shared<Ticket>(item.ticket->window());
    post(SinkThread::Loss::seldom, [to = video, item = std::move(item)] { to->take(item); });
  }
  void post(SinkThread::Loss loss, SinkThread::Task task, std::int64_t bytes = 0) const {
    // A video that has failed is passed over, and a picture may wait for its answers.
    thread->post(stream.live ? loss : SinkThread::Loss::never, std::move(task), bytes,
                 SinkThread::Success::proves_nothing);
  }
};

class OverlayNode : public Node {
 public:
  using Options = OverlayOptions;
  explicit OverlayNode(Options options) : options_(std::move(options)) {}

  std::vector<std::filesystem::path> outputs(const std::vector<std::string>& streams) const override {
    std::vector<std::filesystem::path> paths;
    if (options_.file.empty()) return paths;
    paths.reserve(streams.size());
    for (const std::string& stream : streams) paths.push_back(path_of(stream, streams.size() > 1));
    return paths;
  }

  void settle(const NodeUse& use, const Neighbours& around, config::Diagnostics& diagnostics) override {
    if (use.streams.size() > 1 && !options_.url.empty() && options_.url.find("{stream}") == std::string::npos)
      diagnostics.add(use.place, "'" + use.name + "' would send several streams to one address, expected " +
                                     "{stream} in its url, in place of their names");
    if (const Node* window = around.inputs[1]->window()) window_seconds_ = window->window_seconds();
    if (options_.file.empty() || VideoWriter::knows_suffix(options_.file)) return;
    diagnostics.add(use.place, options_.file.string() + ": the suffix names no video container, expected " +
                                   ".mp4, .mkv, .avi or the like");
  }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    check_folder(use);
    const auto videos = InLanes<LaneOverlay>::make(flow);
    flow.add_to_lanes(use, [this, &flow, use, videos, frames = inputs[0].node,
                            window = inputs[1].window](StreamLane& lane) {
      auto video = std::make_shared<LaneOverlay>(begin(flow, use, lane, window));
      lane.connect_frames(frames, [video](const FramesItem& item) {
        if (item.outcome.has_value()) video->take(item.outcome.value());
      });
      videos->add(lane.id(), std::move(video));
    });
    if (inputs[1].events) {
      route(flow, *inputs[1].events, videos);
    } else {
      route(flow, *inputs[1].scores, videos);
    }
    return {};
  }

 private:
  void check_folder(const NodeUse& use) const {
    if (options_.file.empty()) return;
    const std::filesystem::path folder = std::filesystem::absolute(options_.file).parent_path();
    if (!std::filesystem::is_directory(folder))
      throw UsageError(folder.string() + ": no such folder, for the video of '" + use.name + "'");
  }

  template <class T>
  static void route(Flow& flow, Sender<T>& results, std::shared_ptr<InLanes<LaneOverlay>> videos) {
    using Router = tbb::flow::function_node<Item<T>, tbb::flow::continue_msg>;
    auto& router =
        flow.make<Router>(flow.graph(), tbb::flow::serial, [videos = std::move(videos)](const Item<T>& item) {
          videos->of(item.key.stream)->take(item);
          return tbb::flow::continue_msg();
        });
    tbb::flow::make_edge(results, router);
  }

  LaneOverlay begin(Flow& flow, const NodeUse& use, StreamLane& lane, const std::string& window) const {
    const bool from_the_start =
        std::find(use.streams.begin(), use.streams.end(), lane.id()) != use.streams.end();
    const std::filesystem::path path = path_of(lane.name(), use.streams.size() > 1 || !from_the_start);
    auto video = std::make_shared<StreamOverlay>(path, lane.progress(window), window_seconds_, options_.look,
                                                 publish(flow, lane));
    auto thread = flow.add_lane_sink(
        lane, use.name, [video] { video->finish(); }, kToEncode);
    if (options_.url.empty()) thread->on_left_behind([path] { StreamOverlay::remove_broken(path); });
    return {lane.state(), std::move(video), std::move(thread)};
  }

  std::unique_ptr<PublishedVideo> publish(Flow& flow, const StreamLane& lane) const {
    if (options_.url.empty()) return nullptr;
    return std::make_unique<PublishedVideo>(options_.url, lane.name(), flow.run().clock());
  }

  std::filesystem::path path_of(const std::string& stream, bool several) const {
    return several ? stream_file(options_.file, stream) : options_.file;
  }

  Options options_;
  double window_seconds_ = 0;
};

}  // namespace

NodeKind overlay_kind() {
  return node_kind<OverlayNode>("overlay", "a video file of the pictures with the results drawn on them",
                                {PortType::frames, PortType::results}, PortType::nothing, true);
}

}  // namespace actionflow
