#include "pipeline/run/pipeline.h"

#include <oneapi/tbb/global_control.h>

#include <condition_variable>
#include <mutex>

#include "base/clock.h"
#include "base/log.h"
#include "nodes/sinks/sink_flow.h"
#include "pipeline/run/stream_source.h"

namespace actionflow {

namespace {

// How often the waiting thread looks for a stop that came from a signal.
constexpr std::chrono::milliseconds kProgressLook{20};
// After a stop, when readers that have not returned are left behind.
constexpr double kReadersSeconds = 0.5;

}  // namespace

struct Pipeline::State {
  State(const PipelineDescription& description, ResultSink& results, const RunOptions& run_options)
      : options(description.options.resolved()),
        parallelism(tbb::global_control::max_allowed_parallelism,
                    static_cast<std::size_t>(options.workers) + 1),
        run(std::make_shared<RunContext>(run_options.faults)) {
    for (const StreamDescription& stream : description.streams) {
      run->add_stream(stream.name, stream.source.codec_threads);
    }
    flow = std::make_unique<Flow>(*run, options, results);
    build(description, results);
    for (std::size_t id = 0; id < description.streams.size(); ++id)
      add_source(static_cast<StreamId>(id), description);
  }

  void build(const PipelineDescription& description, ResultSink& results) {
    bool shown = false;
    for (const NodeDescription& node : description.nodes) shown = shown || node.kind->name == "console";
    std::vector<NodeOutput> outputs;
    for (const NodeDescription& node : description.nodes) {
      std::vector<NodeOutput> inputs;
      for (const int input : node.inputs) inputs.push_back(outputs[static_cast<std::size_t>(input)]);
      nodes.push_back(node.node);
      outputs.push_back(node.node->build(*flow, node.use, inputs));
      outputs.back().node = node.use.name;
      outputs.back().streams = node.use.streams;
    }
    if (shown && results.readable()) return;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (description.nodes[i].final_result) add_final_results(*flow, outputs[i]);
    }
  }

  void add_source(StreamId id, const PipelineDescription& description) {
    auto source = std::make_shared<StreamSource>(id, description.streams[static_cast<std::size_t>(id)].source,
                                                 run, *flow, [this] { note_end(); });
    flow->set_room_listener(id, [weak = std::weak_ptr(source)] {
      if (auto alive = weak.lock()) alive->wake();
    });
    sources.push_back(std::move(source));
  }

  void note_end() {
    const std::lock_guard lock(mutex);
    ++ended;
    changed.notify_all();
  }

  // Until every source has ended, or, after a stop, is given up.
  void wait_for_sources() {
    std::unique_lock lock(mutex);
    std::optional<Deadline> deadline;
    while (ended < sources.size()) {
      changed.wait_for(lock, kProgressLook);
      if (run->stopping() && !deadline) {
        deadline.emplace(kReadersSeconds);
        for (const auto& source : sources) source->stop();
      }
      if (deadline && deadline->passed()) break;
    }
    lock.unlock();
    for (const auto& source : sources) source->close();
  }

  const GraphOptions options;
  tbb::global_control parallelism;
  std::shared_ptr<RunContext> run;
  std::vector<std::shared_ptr<Node>> nodes;  // what is built refers to them
  std::unique_ptr<Flow> flow;
  std::vector<std::shared_ptr<StreamSource>> sources;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t ended = 0;
  bool started = false;
};

Pipeline::Pipeline(const PipelineDescription& description, ResultSink& results, const RunOptions& options)
    : state_(std::make_unique<State>(description, results, options)) {}

Pipeline::~Pipeline() {
  if (!state_->started) return;
  stop();
  for (const auto& source : state_->sources) {
    source->stop();
    source->close();
  }
}

Summary Pipeline::run() {
  const Stopwatch watch;
  state_->started = true;
  for (const auto& source : state_->sources) source->start();
  state_->wait_for_sources();
  state_->flow->wait();
  Summary summary = state_->run->summary();
  summary.seconds = watch.seconds();
  summary.interrupted = state_->run->stopping();
  state_->flow->finish(summary);
  return summary;
}

void Pipeline::stop() noexcept { state_->run->request_stop(); }

Summary Pipeline::progress() { return state_->run->summary(); }

}  // namespace actionflow
