// window: frames to clips. Lays a stream on the time grid of the networks below, prepares each sample
// once for each distinct input form, and cuts windows.
#include <algorithm>
#include <cmath>

#include "datasets/pictures/ignored_areas.h"
#include "datasets/video/time/time_grid.h"
#include "nodes/events/calibrated_options.h"
#include "nodes/flow/clip_gate.h"
#include "nodes/flow/process_item.h"
#include "nodes/flow/still_scene.h"
#include "nodes/kinds/kinds.h"

namespace actionflow {

namespace {

// Windows that begin in the time of one; for networks that events are chosen for, kEventWindows.
constexpr int kUsualWindows = 2;

struct WindowOptions {
  std::optional<int> hop;
  Tail tail = Tail::align;
  StillOptions still;
  static void describe(config::Fields<WindowOptions>& fields) {
    fields
        .add("hop", &WindowOptions::hop,
             "samples from one window's start to the next; unless given half a window, or a tenth where the "
             "weights below have thresholds of events")
        .range(1, 65536);
    fields.add("tail", &WindowOptions::tail,
               "align: one more window that ends at a file's last sample, a shorter file repeats its last "
               "sample; drop: neither, and a shorter file is an error");
    fields.add("still", &WindowOptions::still, "what becomes of windows in which nothing moves");
  }
};

struct WindowShape {
  int frames = 1;
  int hop = 1;
  double rate = 1;
  Tail tail = Tail::align;
  StillOptions still;
  bool carried = false;  // by a network below: no sample may be missing
  std::vector<InputSpec> forms;

  // Clips of a live stream that may wait. A camera that stood still settles up to a second of samples, or
  // three, at once when it goes on; where one that is missing would lose a state, they wait for their turn.
  std::size_t live_queue() const {
    if (!carried) return ClipGate::kLiveQueue;
    return ClipGate::kLiveQueue + std::max<std::size_t>(3, static_cast<std::size_t>(std::ceil(rate)));
  }
};

// The windows of one stream. Its stage is serial.
class StreamWindows {
 public:
  StreamWindows(RunContext& run, std::string node, StreamId stream, const WindowShape& shape,
                std::shared_ptr<ClipGate> gate, std::shared_ptr<WindowProgress> progress)
      : run_(run),
        node_(std::move(node)),
        stream_(stream),
        shape_(shape),
        gate_(std::move(gate)),
        progress_(std::move(progress)),
        cutter_(shape.frames, shape.hop, shape.rate),
        timer_(run.timer("prepare")) {
    for (const InputSpec& form : shape.forms) preparers_.emplace_back(form);
    const SourceOptions& source = run.stream(stream).source;
    if (!source.mask.empty()) {
      for (const InputSpec& form : shape.forms) ignored_.emplace_back(source.mask, source.crop, form);
    }
    if (shape.still.skip) still_.emplace(shape.still, shape.forms.front(), shape.frames);
  }

  // One frames item: what it settles leaves as windows.
  void take(const Frames& frames) {
    for (const Frame& frame : frames) {
      if (!grid_) grid_.emplace(shape_.rate, run_.stream(stream_).live ? Timing::live : Timing::recorded);
      grid_->push(frame, samples_);
      cut();
    }
    put_windows();
  }

  void mark(Mark mark) {
    const bool no_more = mark == Mark::lost || mark == Mark::end || mark == Mark::stopped;
    if (no_more && grid_) grid_->finish(samples_);
    cut();
    if (mark == Mark::end && !run_.stream(stream_).source_failed) end_of_file();
    put_windows();
    if (no_more) gate_->end_segment(stream_, mark);
  }

  void tell_progress() { progress_->set({gate_->windows(), cutter_.horizon()}); }

 private:
  void cut() {
    for (const Sample& sample : samples_) {
      WindowCutter::Timed timed = prepare(sample);
      if (still_) still_->take(timed.segment, timed.time, first_form(timed.prepared));
      if (auto window = cutter_.push(std::move(timed))) keep(std::move(*window));
    }
    samples_.clear();
  }

  static const PreparedFrame* first_form(const PreparedSample& sample) {
    return sample.has_value() ? sample.value().front().get() : nullptr;
  }

  void keep(Window window) {
    window.still = still_ && still_->passes_over_window();
    windows_.push_back(std::move(window));
  }

  // What one packet brought goes together.
  void put_windows() {
    if (!windows_.empty()) gate_->put(stream_, std::exchange(windows_, {}));
  }

  void end_of_file() {
    if (shape_.tail == Tail::align) {
      if (auto window = cutter_.align_tail()) keep(std::move(*window));
    } else if (cutter_.windows() == 0 && last_) {
      run_.fail_stream(stream_,
                       {ExitCode::source, run_.stream(stream_).name + ": shorter than a window of " +
                                              std::to_string(shape_.frames) + " samples, and tail is drop"});
    }
  }

  WindowCutter::Timed prepare(const Sample& sample) {
    const bool fresh = sample.segment != segment_;
    if (fresh) {
      for (Preparer& preparer : preparers_) preparer.reset();
      segment_ = sample.segment;
      zero_pts_us_ = sample.frame.pts_us() - std::llround(sample.time * kMicrosecondsPerSecond);
    }
    const bool same_picture = !fresh && last_ && last_.picture() == sample.frame.picture();
    last_ = sample.frame;
    run_.stream(stream_).seconds = sample.time + 1 / shape_.rate;
    std::vector<PreparedFramePtr> prepared;
    try {
      const ScopedTimer timing(timer_);
      for (std::size_t form = 0; form < preparers_.size(); ++form) {
        // Against itself a picture moves nothing, so motion needs the preparer even for a repeated one.
        const bool reuse =
            same_picture && form < last_prepared_.size() && shape_.forms[form].motion == Motion::none;
        prepared.push_back(reuse ? last_prepared_[form] : prepare(sample.frame, form));
      }
    } catch (...) {
      const Failure failure = Failure::from_current_exception();
      run_.report(node_, stream_, failure);
      last_prepared_.clear();
      return timed(sample, failure);
    }
    last_prepared_ = prepared;
    return timed(sample, std::move(prepared));
  }

  WindowCutter::Timed timed(const Sample& sample, PreparedSample prepared) const {
    return {sample.segment,          sample.index,        sample.time, sample.frame.arrival_ns(),
            sample.frame.taken_ns(), std::move(prepared), zero_pts_us_};
  }

  PreparedFramePtr prepare(const Frame& frame, std::size_t form) {
    PreparedFramePtr sample = preparers_[form].prepare(frame);
    return ignored_.empty() ? sample : ignored_[form].without(sample, frame);
  }

  RunContext& run_;
  const std::string node_;
  const StreamId stream_;
  const WindowShape shape_;
  std::shared_ptr<ClipGate> gate_;
  std::shared_ptr<WindowProgress> progress_;
  std::optional<TimeGrid> grid_;  // from the first frame on, when the source is known to be live or not
  WindowCutter cutter_;
  std::optional<StillScene> still_;
  std::vector<Preparer> preparers_;
  std::vector<IgnoredAreas> ignored_;  // one a form, where there are any
  std::vector<Sample> samples_;
  std::vector<Window> windows_;  // cut, and not put yet
  Frame last_;
  std::vector<PreparedFramePtr> last_prepared_;
  std::int64_t segment_ = -1;
  std::int64_t zero_pts_us_ = 0;
  DurationHistogram& timer_;
};

class WindowNode : public Node {
 public:
  using Options = WindowOptions;
  explicit WindowNode(Options options) : options_(options) {}

  void settle(const NodeUse& use, const Neighbours& around, config::Diagnostics& diagnostics) override {
    std::string first_name;
    int overlapping = kUsualWindows;
    for (std::size_t i = 0; i < around.consumers.size(); ++i) {
      const InputSpec* form = around.consumers[i]->input_form();
      if (!form) continue;
      if (first_name.empty()) {
        first_name = around.consumer_names[i];
        shape_.frames = form->frames;
        shape_.rate = form->frame_rate;
      } else if (form->frames != shape_.frames || form->frame_rate != shape_.rate) {
        diagnostics.add(use.place, "'" + first_name + "' takes " + taken(shape_.frames, shape_.rate) + ", '" +
                                       around.consumer_names[i] + "' takes " +
                                       taken(form->frames, form->frame_rate) +
                                       "; expected one, or a window node for each");
      }
      if (around.consumers[i]->carries_state()) {
        shape_.carried = true;
        check_still(use, around.consumer_names[i], diagnostics);
        check_hop(use, *form, around.consumer_names[i], diagnostics);
      }
      if (around.consumers[i]->event_calibration()) overlapping = kEventWindows;
      add_form(*form);
    }
    shape_.hop = options_.hop.value_or(std::max(1, shape_.frames / overlapping));
    shape_.tail = options_.tail;
    shape_.still = options_.still;
  }

  double window_seconds() const override { return shape_.frames / shape_.rate; }
  double hop_seconds() const override { return shape_.hop / shape_.rate; }
  double sample_interval() const override { return 1 / shape_.rate; }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    NodeOutput output;
    auto& out = flow.make<tbb::flow::broadcast_node<ClipItem>>(flow.graph());
    output.clips = &out;
    output.forms = shape_.forms;
    output.window = use.name;
    flow.run().timer("prepare");
    if (shape_.still.skip) flow.run().count_still();
    flow.add_to_lanes(use, [&flow, &out, name = use.name, from = inputs.front().node, shape = shape_](
                               StreamLane& lane) { add_stage(flow, name, from, shape, out, lane); });
    return output;
  }

 private:
  static std::string taken(int frames, double rate) {
    std::string text = std::to_string(rate);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return std::to_string(frames) + " samples at " + text + " a second";
  }

  void check_still(const NodeUse& use, const std::string& consumer, config::Diagnostics& diagnostics) const {
    if (!options_.still.skip) return;
    diagnostics.add(use.place, "'" + use.name + "' skips what is still, but '" + consumer +
                                   "' carries its state along the stream and hears every sample, expected "
                                   "still: {skip: false}");
  }

  void check_hop(const NodeUse& use, const InputSpec& form, const std::string& consumer,
                 config::Diagnostics& diagnostics) const {
    if (options_.hop.value_or(form.frames) == form.frames) return;
    diagnostics.add(use.place, "'" + use.name + "' has hop: " + std::to_string(*options_.hop) + ", but '" +
                                   consumer + "' carries its state along the stream and hears every sample " +
                                   "once, expected hop: " + std::to_string(form.frames));
  }

  void add_form(const InputSpec& form) {
    const auto same = [&](const InputSpec& known) { return known.same_frames(form); };
    if (std::none_of(shape_.forms.begin(), shape_.forms.end(), same)) shape_.forms.push_back(form);
  }

  // Clips of a stream below its gate: the workers' share of it, and one that waits.
  static int clips_in_flight(Flow& flow) {
    const int streams = std::max(1, flow.run().stream_count());
    return (flow.options().workers + streams - 1) / streams + 1;
  }

  static void add_stage(Flow& flow, const std::string& name, const std::string& from,
                        const WindowShape& shape, Receiver<Clips>& out, StreamLane& lane) {
    RunContext& run = flow.run();
    auto gate = std::make_shared<ClipGate>(
        lane.state(), [&flow] { return clips_in_flight(flow); },
        [&out](const ClipItem& item) { out.try_put(item); }, [&lane] { lane.tell_room(); }, lane.in_flight(),
        shape.live_queue(),
        [&run](const WindowInfo& window) {
          run.dropped_age().add(run.clock().steady_ns() - window.arrival_ns);
        });
    lane.add_bound([gate] { return gate->has_room(); });
    auto windows = std::make_shared<StreamWindows>(run, name, lane.id(), shape, gate, lane.progress(name));
    auto stage = flow.make_stage<Frames>(LanePriority::window, [&run, name, windows](const FramesItem& item) {
      using Nothing = std::monostate;
      process_item<Nothing>(run, name, item, [&](const Frames& list) -> Outcome<Nothing> {
        windows->take(list);
        return Nothing{};
      });
      finish_item(run, name, *windows, item);
      windows->tell_progress();
    });
    lane.connect_frames(from, [stage](const FramesItem& item) { stage->put(item); });
  }

  // Marks hold whatever became of the item's frames.
  static void finish_item(RunContext& run, const std::string& name, StreamWindows& windows,
                          const FramesItem& item) {
    if (item.mark == Mark::none || item.mark == Mark::begin) return;
    try {
      windows.mark(item.mark);
    } catch (...) {
      run.report(name, item.key.stream, Failure::from_current_exception());
    }
  }

  Options options_;
  WindowShape shape_;
};

}  // namespace

NodeKind window_kind() {
  return node_kind<WindowNode>("window", "cuts clips on the time grid of the networks below",
                               {PortType::frames}, PortType::clips, true);
}

}  // namespace actionflow
