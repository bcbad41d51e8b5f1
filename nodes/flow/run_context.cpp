#include "nodes/flow/run_context.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log/log.h"
#include "datasets/video/source_options.h"

namespace actionflow {

namespace {

StageSummary summarise(const std::string& name, const DurationHistogram& histogram) {
  return {name,
          histogram.count(),
          histogram.total_ms(),
          histogram.quantile_ms(0.5),
          histogram.quantile_ms(0.9),
          histogram.quantile_ms(0.99),
          histogram.quantile_ms(0.999)};
}

// A line names its stream once.
std::string with_name(const std::string& name, const std::string& message) {
  return message.find(name) == std::string::npos ? name + ": " + message : message;
}

// Failures of one node are counted together, so that the sum stays small whatever comes and goes.
void add_to(StreamSummary& sum, const StreamSummary& one) {
  sum.frames += one.frames;
  sum.windows += one.windows;
  sum.events += one.events;
  sum.still += one.still;
  sum.dropped += one.dropped;
  sum.failed += one.failed;
  sum.damaged += one.damaged;
  sum.reconnects += one.reconnects;
  for (const FailureCount& failure : one.failures) {
    const auto same = std::find_if(sum.failures.begin(), sum.failures.end(), [&](const FailureCount& known) {
      return known.node == failure.node && known.failure.code == failure.failure.code;
    });
    if (same == sum.failures.end()) {
      sum.failures.push_back(failure);
    } else {
      same->count += failure.count;
    }
  }
}

}  // namespace

std::string_view to_string(ConnectionState state) {
  constexpr std::array<std::string_view, 6> kNames{"waiting", "opening", "live", "lost", "ended", "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

// A state goes on from when it began.
bool StreamState::set_connection(ConnectionState state, std::int64_t now_ns, std::string error) {
  const std::lock_guard lock(connection_mutex_);
  const bool other = connection_.state != state;
  if (other) connection_.since_ns = now_ns;
  connection_.state = state;
  connection_.error = std::move(error);
  return other;
}

Connection StreamState::connection() const {
  const std::lock_guard lock(connection_mutex_);
  return connection_;
}

void StreamState::lose(Failure failure) {
  const std::lock_guard lock(loss_mutex_);
  if (!loss_) loss_ = std::move(failure);
  is_lost_ = true;
}

std::optional<Failure> StreamState::take_loss() {
  if (!is_lost_) return {};
  const std::lock_guard lock(loss_mutex_);
  is_lost_ = false;
  return std::exchange(loss_, std::nullopt);
}

StreamId RunContext::add_stream(const std::string& name, const SourceOptions& source) {
  const std::lock_guard lock(streams_mutex_);
  streams_.emplace(next_stream_, std::make_shared<StreamState>(name, source));
  return next_stream_++;
}

std::shared_ptr<StreamState> RunContext::shared_stream(StreamId id) const {
  const std::shared_lock lock(streams_mutex_);
  return streams_.at(id);
}

int RunContext::stream_count() const {
  const std::shared_lock lock(streams_mutex_);
  return static_cast<int>(streams_.size());
}

std::vector<std::shared_ptr<StreamState>> RunContext::shared_streams() const {
  const std::shared_lock lock(streams_mutex_);
  std::vector<std::shared_ptr<StreamState>> list;
  list.reserve(streams_.size());
  for (const auto& [id, state] : streams_) list.push_back(state);
  return list;
}

void RunContext::remove_stream(StreamId id) {
  const std::lock_guard streams_lock(streams_mutex_);
  const auto found = streams_.find(id);
  const std::lock_guard lock(mutex_);
  add_to(detached_, summary_of(id, *found->second));
  streams_.erase(found);
  std::erase_if(failures_, [id](const auto& entry) { return entry.first.first == id; });
}

void RunContext::request_stop() noexcept {
  std::int64_t running = 0;
  stop_ns_.compare_exchange_strong(running, clock_.steady_ns());
}

std::int64_t RunContext::stopped_for_ns() const noexcept {
  const std::int64_t stop_ns = stop_ns_.load(std::memory_order_relaxed);
  return stop_ns == 0 ? 0 : clock_.steady_ns() - stop_ns;
}

bool RunContext::receivers_expired() noexcept {
  const std::int64_t now_ns = clock_.steady_ns();
  std::int64_t begin_ns = 0;
  if (receivers_close_ns_.compare_exchange_strong(begin_ns, now_ns)) begin_ns = now_ns;
  return now_ns - begin_ns >= (stopping() ? kReceiversStoppedNs : kReceiversNs);
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
  set_connection(state, ConnectionState::failed, failure.message);
  if (!state.source_failed.exchange(true)) report("", id, failure);
}

void RunContext::on_connection(ConnectionListener listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void RunContext::set_connection(StreamState& stream, ConnectionState state, const std::string& error) {
  if (!stream.set_connection(state, clock_.wall_ns(), error)) return;
  std::vector<ConnectionListener> listeners;
  {
    const std::lock_guard lock(mutex_);
    listeners = listeners_;
  }
  for (const ConnectionListener& listener : listeners) listener(stream.name, state);
}

StreamEnd RunContext::stream_end(StreamId id) const {
  const auto state = shared_stream(id);
  StreamEnd end{state->name, state->seconds};
  end.whole = state->live || (state->read_to_end && !state->source_failed && !expired());
  if (state->source_failed) {
    const std::lock_guard lock(mutex_);
    const auto found = failures_.find({id, ""});
    if (found != failures_.end()) end.error = found->second.failure.message;
  }
  return end;
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
  const std::lock_guard lock(mutex_);
  for (auto& [name, histogram] : timers_) {
    if (name == stage) return *histogram;
  }
  return *timers_.emplace_back(stage, std::make_unique<DurationHistogram>()).second;
}

void RunContext::add_meter(Meter meter) {
  const std::lock_guard lock(mutex_);
  meters_.push_back(std::move(meter));
}

void RunContext::measure(MetricText& text) const {
  std::vector<Meter> meters;
  {
    const std::lock_guard lock(mutex_);
    meters = meters_;
  }
  for (const Meter& meter : meters) meter(text);
}

void RunContext::add_trouble_check(TroubleCheck check) {
  const std::lock_guard lock(mutex_);
  trouble_checks_.push_back(std::move(check));
}

std::vector<Trouble> RunContext::troubles() const {
  std::vector<TroubleCheck> checks;
  {
    const std::lock_guard lock(mutex_);
    checks = trouble_checks_;
  }
  std::vector<Trouble> troubles;
  for (const TroubleCheck& check : checks)
    for (Trouble& trouble : check()) troubles.push_back(std::move(trouble));
  return troubles;
}

void RunContext::for_each_stream(const std::function<void(const StreamState&)>& look) const {
  const std::shared_lock lock(streams_mutex_);
  for (const auto& [id, state] : streams_) look(*state);
}

void RunContext::for_each_timer(
    const std::function<void(const std::string&, const DurationHistogram&)>& look) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, histogram] : timers_) look(name, *histogram);
}

StreamSummary RunContext::summary_of(StreamId id, const StreamState& state) const {
  StreamSummary one;
  one.name = state.name;
  one.frames = state.frames;
  one.windows = state.windows;
  one.events = state.events;
  one.still = state.still;
  one.dropped = state.dropped;
  one.failed = state.failed;
  one.damaged = state.damaged;
  one.reconnects = state.reconnects;
  for (const auto& [key, failure] : failures_) {
    if (key.first == id) one.failures.push_back(failure);
  }
  return one;
}

void RunContext::take_requests(TakeRequest take) {
  const std::lock_guard lock(mutex_);
  take_request_ = std::move(take);
  for (; take_request_ && !requests_.empty(); requests_.pop_front())
    take_request_(requests_.front().first, requests_.front().second);
}

void RunContext::request(const std::string& stream, const std::string& json) {
  constexpr std::size_t kMostWaiting = 1000;
  const std::lock_guard lock(mutex_);
  if (take_request_)
    take_request_(stream, json);
  else if (requests_.size() < kMostWaiting)
    requests_.emplace_back(stream, json);
}

void RunContext::forget_times() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, histogram] : timers_) histogram->reset();
  latency_.reset();
  dropped_age_.reset();
}

Summary RunContext::summary() {
  Summary summary;
  const std::shared_lock streams_lock(streams_mutex_);
  const std::lock_guard lock(mutex_);
  for (const auto& [id, state] : streams_) summary.streams.push_back(summary_of(id, *state));
  summary.detached = detached_;
  summary.counts_events = counts_events_;
  summary.counts_still = counts_still_;
  for (const auto& [name, histogram] : timers_) summary.stages.push_back(summarise(name, *histogram));
  summary.latency = summarise("latency", latency_);
  for (const auto& [node, failure] : sink_failures_) summary.sink_failures.push_back(failure);
  return summary;
}

}  // namespace actionflow
