#include "nodes/flow/run_context.h"

#include "base/log.h"

namespace actionflow {

namespace {

StageSummary summarise(const std::string& name, const DurationHistogram& histogram) {
  return {name, histogram.count(), histogram.total_ms(), histogram.quantile_ms(0.5),
          histogram.quantile_ms(0.99)};
}

// A line names its stream once.
std::string with_name(const std::string& name, const std::string& message) {
  return message.find(name) == std::string::npos ? name + ": " + message : message;
}

}  // namespace

StreamId RunContext::add_stream(const std::string& name, int codec_threads) {
  streams_.push_back(std::make_unique<StreamState>(name, codec_threads));
  return stream_count() - 1;
}

void RunContext::request_stop() noexcept {
  std::int64_t running = 0;
  stop_ns_.compare_exchange_strong(running, steady_ns());
}

bool RunContext::expired() const noexcept {
  const std::int64_t stop_ns = stop_ns_.load(std::memory_order_relaxed);
  return stop_ns != 0 && steady_ns() - stop_ns > kDrainNs;
}

void RunContext::report(const std::string& node, StreamId id, const Failure& failure) noexcept try {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    FailureCount& entry = failures_[{id, node}];
    first = entry.count++ == 0;
    if (first) {
      entry.node = node;
      entry.failure = failure;
    }
  }
  if (first) {
    const std::string where = node.empty() ? "" : "node '" + node + "': ";
    log::error("{}", with_name(stream(id).name, where + failure.message));
  }
} catch (...) {
  // Out of memory while telling of a failure: the counters still hold it.
}

void RunContext::fail_stream(StreamId id, const Failure& failure) noexcept {
  StreamState& state = stream(id);
  state.stop = true;
  if (!state.source_failed.exchange(true)) report("", id, failure);
}

void RunContext::report_sink(const std::string& node, const Failure& failure) noexcept try {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    FailureCount& entry = sink_failures_[node];
    first = entry.count++ == 0;
    if (first) {
      entry.node = node;
      entry.failure = failure;
    }
  }
  if (first) log::error("{}", failure.message);
} catch (...) {
}

DurationHistogram& RunContext::timer(const std::string& stage) {
  for (auto& [name, histogram] : timers_) {
    if (name == stage) return *histogram;
  }
  return *timers_.emplace_back(stage, std::make_unique<DurationHistogram>()).second;
}

Summary RunContext::summary() {
  Summary summary;
  const std::lock_guard lock(mutex_);
  for (int id = 0; id < stream_count(); ++id) {
    const StreamState& state = stream(id);
    StreamSummary& one = summary.streams.emplace_back();
    one.name = state.name;
    one.frames = state.frames;
    one.windows = state.windows;
    one.dropped = state.dropped;
    one.failed = state.failed;
    one.damaged = state.damaged;
    one.reconnects = state.reconnects;
    for (const auto& [key, failure] : failures_) {
      if (key.first == id) one.failures.push_back(failure);
    }
  }
  for (const auto& [name, histogram] : timers_) summary.stages.push_back(summarise(name, *histogram));
  summary.latency = summarise("latency", latency_);
  for (const auto& [node, failure] : sink_failures_) summary.sink_failures.push_back(failure);
  return summary;
}

}  // namespace actionflow
