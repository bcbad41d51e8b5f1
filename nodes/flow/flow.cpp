#include "nodes/flow/flow.h"

#include <algorithm>

#include "base/text/metric_text.h"
#include "nodes/flow/node.h"

namespace actionflow {

namespace {

// The thread that waits for the graph joins it in a place of its own.
constexpr unsigned kWaitingThreads = 1;
// Of LanePriority: what feeds the networks goes before them.
constexpr std::array<tbb::flow::node_priority_t, 3> kPriorities{2, 1, tbb::flow::no_priority};

void measure_queue(MetricText& text, const SinkThread& queue, const MetricText::Labels& labels,
                   std::int64_t results_dropped) {
  text.gauge("actionflow_queue_depth", "what waits to be written", static_cast<double>(queue.waiting()),
             labels);
  text.gauge("actionflow_queue_limit", "how much may wait to be written",
             static_cast<double>(queue.capacity()), labels);
  text.counter("actionflow_results_dropped_total", "results of live streams that a slow sink left out",
               static_cast<double>(results_dropped), labels);
  text.counter("actionflow_results_failed_total", "results that a sink could not write, to a full disk say",
               static_cast<double>(queue.failed()), labels);
}

}  // namespace

// Of streams that come and go, for the metrics. Thread-safe.
class Flow::LaneQueues {
 public:
  void add(const std::string& node, const std::string& stream, const std::shared_ptr<SinkThread>& thread) {
    const std::lock_guard lock(mutex_);
    std::erase_if(queues_, [](const Queue& queue) { return queue.thread.expired(); });
    queues_.push_back({node, stream, thread});
  }
  void measure(MetricText& text) const {
    const std::lock_guard lock(mutex_);
    for (const Queue& queue : queues_) {
      const auto alive = queue.thread.lock();
      if (!alive) continue;
      const MetricText::Labels labels{{"node", queue.node}, {"stream", queue.stream}};
      const std::int64_t video = alive->dropped(SinkThread::Loss::early);
      measure_queue(text, *alive, labels, alive->dropped() - video);
      text.counter("actionflow_video_dropped_total",
                   "packets or pictures of live streams that a slow disk or encoder left out",
                   static_cast<double>(video), labels);
    }
  }
  std::vector<Trouble> troubles() const {
    const std::lock_guard lock(mutex_);
    std::vector<Trouble> list;
    for (const Queue& queue : queues_) {
      const auto alive = queue.thread.lock();
      auto trouble = alive ? alive->trouble() : std::nullopt;
      if (!trouble) continue;
      trouble->what = queue.stream + ": " + trouble->what;
      list.push_back(*std::move(trouble));
    }
    return list;
  }

 private:
  struct Queue {
    std::string node, stream;
    std::weak_ptr<SinkThread> thread;
  };
  mutable std::mutex mutex_;
  std::vector<Queue> queues_;
};

Flow::Flow(std::shared_ptr<RunContext> run, const GraphOptions& options, std::shared_ptr<ResultSink> results)
    : run_(std::move(run)),
      options_(options),
      arena_(options.workers + static_cast<int>(kWaitingThreads), kWaitingThreads),
      results_(std::move(results)),
      sinks_{{results_, start_sink("results", results_)}},
      result_order_(*run_, writer(sinks_.front())),
      lane_queues_(std::make_shared<LaneQueues>()),
      turns_(
          run_->clock(), [this](const auto& queue) { runners_.front()->try_put(queue); },
          [this](std::function<void()> work) { run_last(std::move(work)); }) {
  run_->add_meter([queues = lane_queues_](MetricText& text) { queues->measure(text); });
  run_->add_trouble_check([queues = lane_queues_] { return queues->troubles(); });
  arena_.execute([this] { graph_ = std::make_unique<tbb::flow::graph>(); });
  const auto run_next = [](const std::shared_ptr<SerialQueue>& queue) {
    queue->run_next();
    return tbb::flow::continue_msg();
  };
  for (std::size_t i = 0; i < runners_.size(); ++i)
    runners_[i] = std::make_unique<QueueRunner>(*graph_, tbb::flow::unlimited, run_next, kPriorities[i]);
}

Flow::~Flow() {
  graph_->wait_for_all();
  while (!parts_.empty()) parts_.pop_back();
  end_sinks();
}

std::shared_ptr<SerialQueue> Flow::make_queue(LanePriority priority) {
  using Queue = std::shared_ptr<SerialQueue>;
  if (priority == LanePriority::decode)
    return std::make_shared<SerialQueue>([this](Queue queue) { turns_.schedule(std::move(queue)); });
  QueueRunner& runner = *runners_[static_cast<std::size_t>(priority)];
  return std::make_shared<SerialQueue>([&runner](const Queue& queue) { runner.try_put(queue); });
}

void Flow::run_last(std::function<void()> work) {
  graph_->reserve_wait();
  arena_.enqueue([this, work = std::move(work)] {
    work();
    graph_->release_wait();
  });
}

void Flow::add_to_lanes(const NodeUse& use, std::function<void(StreamLane&)> add) {
  builders_.push_back(
      {[use](const StreamLane& lane) { return use.reached_by(lane.name()); }, std::move(add)});
}

void Flow::on_detach(std::function<void(StreamId)> forget, std::function<std::size_t()> streams) {
  keepers_.push_back({std::move(forget), std::move(streams)});
}

StreamLane& Flow::attach(StreamId stream) {
  auto lane = std::make_shared<StreamLane>(stream, run_->stream(stream));
  try {
    for (const LaneBuilder& builder : builders_) {
      if (builder.reached_by(*lane)) builder.add(*lane);
    }
  } catch (...) {
    forget(stream);
    throw;
  }
  const std::lock_guard lock(lanes_mutex_);
  return *lanes_.emplace(stream, std::move(lane)).first->second;
}

std::shared_ptr<StreamLane> Flow::lane_of(StreamId stream) const {
  const std::lock_guard lock(lanes_mutex_);
  const auto found = lanes_.find(stream);
  return found == lanes_.end() ? nullptr : found->second;
}

bool Flow::try_release(StreamId stream) {
  const auto lane = lane_of(stream);
  if (lane && !lane->in_flight()->none()) return false;
  release(stream);
  return true;
}

void Flow::detach(StreamId stream) {
  release(stream);
  run_->remove_stream(stream);
}

void Flow::release(StreamId stream) {
  auto lane = lane_of(stream);
  if (!lane) return;
  lane->in_flight()->wait_for_none();
  for (const auto& sink : lane->sinks()) sink->close();
  for (const auto& sink : lane->sinks()) sink->join();
  forget(stream);
  {
    const std::lock_guard lock(lanes_mutex_);
    lanes_.erase(stream);
  }
  lane.reset();
  tell_end(stream);
}

void Flow::forget(StreamId stream) {
  for (const Keeper& keeper : keepers_) keeper.forget(stream);
  result_order_.forget(stream);
}

void Flow::tell_end(StreamId stream) {
  for (const OwnSink& own : sinks_)
    own.thread->post(
        SinkThread::Loss::never, [sink = own.sink, end = run_->stream_end(stream)] { sink->write(end); }, 0,
        SinkThread::Success::proves_nothing);
}

std::size_t Flow::lane_count() const {
  const std::lock_guard lock(lanes_mutex_);
  return lanes_.size();
}

Flow::Traffic Flow::traffic() const {
  Traffic traffic;
  const std::lock_guard lock(lanes_mutex_);
  for (const auto& [id, lane] : lanes_) {
    traffic.busy = traffic.busy || !lane->in_flight()->none();
    traffic.answered += lane->in_flight()->ended();
  }
  return traffic;
}

std::size_t Flow::streams_kept() const {
  std::size_t kept = result_order_.streams();
  for (const Keeper& keeper : keepers_) kept += keeper.streams();
  return kept;
}

std::shared_ptr<SinkThread> Flow::start_sink(const std::string& name, std::shared_ptr<ResultSink> sink) {
  auto thread = std::make_shared<SinkThread>(name, run_, [sink = std::move(sink)] { sink->finish(); });
  thread->on_room([this] { tell_room(); });
  run_->add_meter([name, weak = std::weak_ptr(thread)](MetricText& text) {
    const auto alive = weak.lock();
    if (!alive) return;
    measure_queue(text, *alive, {{"node", name}}, alive->dropped());
  });
  run_->add_trouble_check([weak = std::weak_ptr(thread)] {
    const auto alive = weak.lock();
    const auto trouble = alive ? alive->trouble() : std::nullopt;
    return trouble ? std::vector{*trouble} : std::vector<Trouble>();
  });
  return thread;
}

Flow::WriteResult Flow::writer(const OwnSink& own) const {
  return [own, run = run_](StreamId stream, Result result) {
    own.thread->post(run->stream(stream).live ? SinkThread::Loss::seldom : SinkThread::Loss::never,
                     [sink = own.sink, result = std::move(result)] { sink->write(result); });
  };
}

Flow::WriteResult Flow::add_result_sink(const NodeUse& use, std::shared_ptr<ResultSink> sink) {
  sinks_.push_back({sink, start_sink(use.name, sink)});
  bound_by(use, sinks_.back().thread);
  return writer(sinks_.back());
}

std::shared_ptr<SinkThread> Flow::add_lane_sink(StreamLane& lane, const std::string& name,
                                                SinkThread::Task finish, std::size_t capacity) {
  auto thread = std::make_shared<SinkThread>(name, run_, std::move(finish), capacity);
  thread->on_room([&lane] { lane.tell_room(); });
  lane.add_bound([thread] { return thread->has_room(); });
  lane.add_sink(thread);
  lane_queues_->add(name, lane.name(), thread);
  return thread;
}

void Flow::bound_by_results(const NodeUse& use) { bound_by(use, sinks_.front().thread); }

void Flow::bound_by(const NodeUse& use, std::shared_ptr<SinkThread> thread) {
  add_to_lanes(use, [thread = std::move(thread)](StreamLane& lane) {
    lane.add_bound([thread] { return thread->has_room(); });
  });
}

void Flow::tell_room() {
  const std::lock_guard lock(lanes_mutex_);
  for (const auto& [id, lane] : lanes_) lane->tell_room();
}

void Flow::wait() {
  graph_->wait_for_all();
  result_order_.flush();
}

void Flow::finish(const Summary& summary) {
  for (const auto& [stream, lane] : lanes_) tell_end(stream);
  for (const OwnSink& own : sinks_)
    own.thread->post(SinkThread::Loss::never, [sink = own.sink, summary] { sink->write(summary); });
  end_sinks();
}

void Flow::end_sinks() {
  std::vector<std::shared_ptr<SinkThread>> threads;
  for (const OwnSink& own : sinks_) threads.push_back(own.thread);
  {
    const std::lock_guard lock(lanes_mutex_);
    for (const auto& [id, lane] : lanes_)
      threads.insert(threads.end(), lane->sinks().begin(), lane->sinks().end());
  }
  for (const auto& thread : threads) thread->close();
  for (const auto& thread : threads) thread->join();
}

}  // namespace actionflow
