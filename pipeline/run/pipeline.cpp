#include "pipeline/run/pipeline.h"

#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "base/log/log.h"
#include "base/machine/clock.h"
#include "base/text/mask.h"
#include "base/text/metric_text.h"
#include "nodes/sinks/sink_flow.h"
#include "pipeline/run/metrics.h"
#include "pipeline/run/stream_source.h"

namespace actionflow {

namespace {

// How often the waiting thread looks for a stop that came from a signal.
constexpr std::chrono::milliseconds kProgressLook{20};
// After a stop, when readers that have not returned are left behind.
constexpr double kReadersSeconds = 0.5;
// Of recorded files so many are read at once, or two for each worker; the others wait.
constexpr int kLeastFiles = 4;
constexpr std::int64_t kNsPerMs = 1'000'000;

}  // namespace

struct Pipeline::State {
  State(const PipelineDescription& description, std::shared_ptr<ResultSink> results,
        const RunOptions& run_options)
      : options(description.options.resolved()),
        take(run_options.take),
        lease(run_options.lease),
        parallelism(tbb::global_control::max_allowed_parallelism,
                    static_cast<std::size_t>(options.workers) + 1),
        run(std::make_shared<RunContext>(run_options.faults, run_options.clock)) {
    // Ids in the description are those of the run.
    std::vector<StreamId> ids;
    if (!lease) {
      for (const StreamDescription& stream : description.streams)
        ids.push_back(run->add_stream(stream.name, stream.source));
    }
    // Events of one camera come from several machines, whose runs have other numbers.
    if (lease) run->number_from(run->clock().wall_ns() / kNsPerMs);
    flow = std::make_unique<Flow>(run, options, std::move(results));
    build(description);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const SourceOptions& source = description.streams[i].source;
      if (is_live(source)) {
        add_source(ids[i], source);
      } else {
        files.emplace_back(ids[i], source);
      }
    }
    open_files();
  }

  void build(const PipelineDescription& description) {
    bool shown = false;
    for (const NodeDescription& node : description.nodes) shown = shown || node.kind->name == "console";
    std::vector<NodeOutput> outputs;
    for (const NodeDescription& node : description.nodes) {
      std::vector<NodeOutput> inputs;
      for (const int input : node.inputs) inputs.push_back(outputs[static_cast<std::size_t>(input)]);
      nodes.push_back(node.node);
      if (node.kind->output == PortType::frames) decoders.push_back(node.use);
      outputs.push_back(node.node->build(*flow, node.use, inputs));
      outputs.back().node = node.use.name;
      if (outputs.back().exchange) networks[node.use.name] = outputs.back().exchange;
      if (outputs.back().change_options) changeable[node.use.name] = outputs.back().change_options;
    }
    if (shown && flow->results().readable()) return;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (description.nodes[i].final_result) add_final_results(*flow, description.nodes[i].use, outputs[i]);
    }
  }

  void attach(const StreamDescription& stream) {
    if (over) throw UsageError("stream '" + stream.name + "': the run is over");
    if (find_source(stream.name)) throw UsageError("there is a stream '" + stream.name + "' already");
    if (std::none_of(decoders.begin(), decoders.end(),
                     [&](const NodeUse& use) { return use.reached_by(stream.name); }))
      throw UsageError("no decode node takes stream '" + stream.name + "', expected one that names it");
    const StreamId id = run->add_stream(stream.name, stream.source);
    try {
      const auto source = add_source(id, stream.source);
      if (started) source->start();
    } catch (...) {
      run->remove_stream(id);
      throw;
    }
  }

  void detach(const std::string& stream) {
    if (drop_waiting(stream)) return;
    const auto source = find_source(stream);
    if (!source) throw UsageError("there is no stream '" + stream + "'");
    if (over) throw UsageError("stream '" + stream + "': the run is over");
    end_source(*source);
    flow->detach(source->id());
    const std::lock_guard lock(mutex);
    std::erase(sources, source);
    std::erase(reading, source);
  }

  std::shared_ptr<StreamSource> add_source(StreamId id, const SourceOptions& source_options) {
    StreamLane& lane = flow->attach(id);
    auto source = std::make_shared<StreamSource>(lane, source_options, run, lease, [this] { note_end(); });
    lane.on_room([weak = std::weak_ptr(source)] {
      if (auto alive = weak.lock()) alive->wake();
    });
    const std::lock_guard lock(mutex);
    sources.push_back(source);
    return source;
  }

  // Takes up as many of the files that wait as are read at once.
  void open_files() {
    const auto most = static_cast<std::size_t>(std::max(kLeastFiles, 2 * options.workers));
    for (; !files.empty() && reading.size() < most; files.pop_front()) {
      const StreamId id = files.front().first;
      if (take && !take(run->stream(id).name)) {
        run->remove_stream(id);
        continue;
      }
      reading.push_back(add_source(id, files.front().second));
      if (started) reading.back()->start();
    }
  }

  bool drop_waiting(const std::string& stream) {
    const auto waiting = std::find_if(
        files.begin(), files.end(), [&](const auto& file) { return run->stream(file.first).name == stream; });
    if (waiting == files.end()) return false;
    run->remove_stream(waiting->first);
    files.erase(waiting);
    return true;
  }

  // Lets go what has ended, so that as many files as there are need no more than a few do.
  void settle_ended() {
    const std::lock_guard lock(streams_mutex);
    for (const auto& source : all_sources()) {
      if (source->ended() && flow->try_release(source->id())) std::erase(reading, source);
    }
    if (run->stopping()) files.clear();
    open_files();
  }

  // Called with the source's own lock held.
  void note_end() {
    const std::lock_guard lock(mutex);
    changed.notify_all();
  }

  std::vector<std::shared_ptr<StreamSource>> all_sources() const {
    const std::lock_guard lock(mutex);
    return sources;
  }

  std::shared_ptr<StreamSource> find_source(const std::string& name) const {
    for (const auto& source : all_sources()) {
      if (source->name() == name) return source;
    }
    return nullptr;
  }

  bool all_ended() const {
    const auto list = all_sources();
    return files.empty() &&
           std::all_of(list.begin(), list.end(), [](const auto& source) { return source->ended(); });
  }

  // Others may be attached to a run that is bound to a lease.
  bool is_done() const { return all_ended() && (!lease || run->stopping()); }

  void look_again() {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, kProgressLook);
  }

  // Until every source has ended, or, after a stop, is given up. Then no stream is attached any more.
  void wait_for_sources() {
    std::optional<Deadline> deadline;
    for (;;) {
      if (run->stopping() && !deadline) {
        deadline.emplace(kReadersSeconds, run->clock());
        for (const auto& source : all_sources()) source->stop();
      }
      settle_ended();
      const bool given_up = deadline && deadline->passed();
      if (given_up || is_done()) {
        const std::lock_guard lock(streams_mutex);
        if (!given_up && !is_done()) continue;  // one more was attached
        over = true;
        break;
      }
      look_again();
    }
    for (const auto& source : all_sources()) source->close();
  }

  // The thread that reads may hang in a system call.
  void end_source(StreamSource& source) {
    source.stop();
    const Deadline deadline(kReadersSeconds, run->clock());
    while (!source.ended() && !deadline.passed()) look_again();
    source.close();
  }

  const GraphOptions options;
  const std::function<bool(const std::string&)> take;
  const std::shared_ptr<const Lease> lease;
  tbb::global_control parallelism;
  std::shared_ptr<RunContext> run;
  std::vector<std::shared_ptr<Node>> nodes;  // what is built refers to them
  std::vector<NodeUse> decoders;
  std::map<std::string, std::function<void(const Model&)>> networks;
  std::map<std::string, std::function<void(const config::Value&)>> changeable;
  std::unique_ptr<Flow> flow;
  std::mutex streams_mutex;                              // one attaches or detaches
  bool over = false;                                     // guarded by it, as are those two
  std::deque<std::pair<StreamId, SourceOptions>> files;  // not taken up yet
  std::vector<std::shared_ptr<StreamSource>> reading;    // of files
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<StreamSource>> sources;  // guarded by mutex
  bool started = false;
};

Pipeline::Pipeline(const PipelineDescription& description, std::shared_ptr<ResultSink> results,
                   const RunOptions& options)
    : state_(std::make_unique<State>(description, std::move(results), options)) {}

Pipeline::Pipeline(const PipelineDescription& description, ResultSink& results, const RunOptions& options)
    : Pipeline(description, std::shared_ptr<ResultSink>(std::shared_ptr<void>(), &results), options) {}

Pipeline::~Pipeline() {
  stop();
  for (const auto& source : state_->all_sources()) {
    source->stop();
    source->close();
  }
}

Summary Pipeline::run() {
  const Stopwatch watch(state_->run->clock());
  {
    const std::lock_guard lock(state_->streams_mutex);
    state_->started = true;
    for (const auto& source : state_->all_sources()) source->start();
  }
  state_->wait_for_sources();
  state_->flow->wait();
  Summary summary = state_->run->summary();
  summary.seconds = watch.seconds();
  summary.kernels = kernels_text(state_->options.kernels.get());
  summary.interrupted = state_->run->stopping();
  state_->flow->finish(summary);
  summary.sink_failures = state_->run->summary().sink_failures;
  summary.interrupted = state_->run->stopping();
  return summary;
}

void Pipeline::stop() noexcept { state_->run->request_stop(); }

void Pipeline::attach(const StreamDescription& stream) {
  const std::lock_guard lock(state_->streams_mutex);
  state_->attach(stream);
}

void Pipeline::take_requests(RunContext::TakeRequest take) { state_->run->take_requests(std::move(take)); }

void Pipeline::detach(const std::string& stream) {
  const std::lock_guard lock(state_->streams_mutex);
  state_->detach(stream);
}

void Pipeline::replace(const StreamDescription& stream) {
  const std::lock_guard lock(state_->streams_mutex);
  state_->detach(stream.name);
  state_->attach(stream);
}

void Pipeline::exchange(const std::string& node, const Model& model) {
  const auto found = state_->networks.find(node);
  if (found == state_->networks.end()) throw UsageError("there is no network '" + node + "'");
  found->second(model);
}

void Pipeline::change_options(const std::string& node, const config::Value& options) {
  const auto found = state_->changeable.find(node);
  if (found == state_->changeable.end())
    throw UsageError("there is no node '" + node + "' whose options may change while it runs");
  found->second(options);
}

Pipeline::Holdings Pipeline::holdings() const {
  return {state_->flow->lane_count(), state_->all_sources().size(), state_->flow->streams_kept()};
}

void Pipeline::forget_times() { state_->run->forget_times(); }

std::vector<StreamView> Pipeline::streams() const {
  std::vector<StreamView> views;
  for (const auto& stream : state_->run->shared_streams()) {
    const Connection connection = stream->connection();
    StreamView& view = views.emplace_back();
    view.name = stream->name;
    view.state = connection.state;
    view.since_ns = connection.since_ns;
    view.error = without_credentials(connection.error);
    view.live = stream->live;
    view.frames = stream->frames;
    view.windows = stream->windows;
    view.dropped = stream->dropped;
    view.failed = stream->failed;
    view.events = stream->events;
    view.damaged = stream->damaged;
    view.reconnects = stream->reconnects;
    view.latency_ms = static_cast<double>(stream->latency_ns) / 1e6;
  }
  return views;
}

Frame Pipeline::newest_frame(const std::string& name) const {
  for (const auto& stream : state_->run->shared_streams()) {
    if (stream->name == name) return stream->newest_frame.look(state_->run->clock().steady_ns());
  }
  return {};
}

Summary Pipeline::progress() { return state_->run->summary(); }

std::vector<Trouble> Pipeline::troubles() const { return state_->run->troubles(); }

Flow::Traffic Pipeline::traffic() const { return state_->flow->traffic(); }

std::string Pipeline::metrics() {
  return prometheus_text(*state_->run, [this](MetricText& text) {
    for (const auto& source : state_->all_sources())
      text.counter("actionflow_frames_dropped_total", "pictures left out, as too many waited to be decoded",
                   static_cast<double>(source->left_out()), {{"stream", source->name()}, {"reason", "busy"}});
  });
}

}  // namespace actionflow
