// What all nodes of one run share: the streams' counters, stopping, failures, timings, and a place for
// tests to inject faults. Everything here may be used from any thread unless it says otherwise.
#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/machine/clock.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"
#include "nodes/flow/item.h"
#include "nodes/flow/newest_frame.h"
#include "nodes/results/result_sink.h"
#include "nodes/results/summary.h"
#include "nodes/results/timing.h"

namespace actionflow {

class MetricText;

// Called in every node's body before its work. May throw, as a broken node would, or have the item
// dropped. Tests use it; otherwise it is empty.
enum class Fault { none, drop };
struct FaultPoint {
  std::string_view node;
  const std::string& stream;
  std::int64_t number;
};
using FaultHook = std::function<Fault(const FaultPoint&)>;

// Where a stream's source stands. lost: it is tried again; failed: it is not.
enum class ConnectionState { waiting, opening, open, lost, ended, failed };
std::string_view to_string(ConnectionState state);

struct Connection {
  ConnectionState state = ConnectionState::waiting;
  std::int64_t since_ns = 0;  // UTC
  std::string error = {};     // of lost and failed
};

// What is wrong just now where results go.
struct Trouble {
  std::string what;    // names the node
  bool loses = false;  // results are lost by it
};

// One stream of a run.
struct StreamState {
  explicit StreamState(std::string stream_name, SourceOptions source_options = {})
      : name(std::move(stream_name)), source(std::move(source_options)) {}

  const std::string name;
  const SourceOptions source;
  // Ends the source's reading.
  StopFlag stop{false};
  // Known once the source is open: then its windows never wait.
  std::atomic<bool> live{false};
  std::atomic<std::int64_t> frames{0};
  std::atomic<std::int64_t> windows{0};
  std::atomic<std::int64_t> events{0};
  std::atomic<std::int64_t> still{0};
  std::atomic<std::int64_t> dropped{0};
  std::atomic<std::int64_t> dropped_by_stop{0};  // of those
  std::atomic<std::int64_t> waiting{0};          // windows before their gate
  std::atomic<std::int64_t> failed{0};
  std::atomic<std::int64_t> damaged{0};
  std::atomic<std::int64_t> reconnects{0};
  std::atomic<bool> source_failed{false};
  // When the newest frame was decoded, by the run's steady clock; 0 before the first.
  std::atomic<std::int64_t> newest_frame_ns{0};
  // Nothing of it is left to read.
  std::atomic<bool> read_to_end{false};
  // Since its first frame, as far as it lies on a window node's grid.
  std::atomic<double> seconds{0};
  // Of the last result.
  std::atomic<std::int64_t> latency_ns{0};
  NewestFrame newest_frame;

  // Whether it is another one than before.
  bool set_connection(ConnectionState state, std::int64_t now_ns, std::string error = {});
  Connection connection() const;

  // The connection is of no use, as a node below found: its source reads no more of it and tries again where
  // a source does. The first one told since the last look counts.
  void lose(Failure failure);
  std::optional<Failure> take_loss();

 private:
  std::atomic<bool> is_lost_{false};
  std::mutex loss_mutex_;
  std::optional<Failure> loss_;
  mutable std::mutex connection_mutex_;
  Connection connection_;
};

class RunContext {
 public:
  // After a stop: until work in the graph, and writing its results, is given up.
  static constexpr std::int64_t kDrainNs = 1'700'000'000;
  static constexpr std::int64_t kSinksNs = 1'900'000'000;
  // At the end: for sending what receivers outside have not yet; the second in a run that was stopped.
  static constexpr std::int64_t kReceiversNs = 10'000'000'000;
  static constexpr std::int64_t kReceiversStoppedNs = 1'000'000'000;

  explicit RunContext(FaultHook faults = {}, const Clock& clock = Clock::system())
      : faults_(std::move(faults)), clock_(clock) {}

  // Ids count from 0 and are not used again.
  StreamId add_stream(const std::string& name, const SourceOptions& source = {});
  // The stream's reference is good until it is removed: nothing of it may be in the graph by then. What it
  // did goes on to count in the summary.
  StreamState& stream(StreamId id) { return *shared_stream(id); }
  std::shared_ptr<StreamState> shared_stream(StreamId id) const;
  void remove_stream(StreamId id);
  int stream_count() const;
  std::vector<std::shared_ptr<StreamState>> shared_streams() const;

  // May be called in a signal handler.
  void request_stop() noexcept;
  bool stopping() const noexcept { return stop_ns_.load(std::memory_order_relaxed) != 0; }
  // The time for finishing what is in flight is over: nodes answer "dropped" without working.
  bool expired() const noexcept { return stopped_for_ns() > kDrainNs; }
  // So is that for writing results.
  bool sinks_expired() const noexcept { return stopped_for_ns() > kSinksNs; }
  // So is that for receivers outside, counted from when this is first asked: one time for all of them.
  bool receivers_expired() noexcept;

  Fault fault(std::string_view node, const ItemKey& key) {
    return faults_ ? faults_({node, stream(key.stream).name, key.number}) : Fault::none;
  }

  // Counts a failure of a node at a stream's item; the first of each node and stream is logged.
  void report(const std::string& node, StreamId stream, const Failure& failure) noexcept;
  // The stream's source failed for good: nothing more is read from it. Logged once.
  void fail_stream(StreamId stream, const Failure& failure) noexcept;
  // What is to be said of a stream of which nothing more comes.
  StreamEnd stream_end(StreamId stream) const;
  void report_sink(const std::string& node, const Failure& failure) noexcept;

  // By the stage's name; the reference stays good.
  DurationHistogram& timer(const std::string& stage);
  DurationHistogram& latency() { return latency_; }
  // Of all stages, and of latency: they begin anew.
  void forget_times();
  // Of windows that were dropped: how old their newest frame was by then.
  DurationHistogram& dropped_age() { return dropped_age_; }
  // Says that the run finds events, so that its summary counts them.
  void count_events() { counts_events_ = true; }
  // The same for windows in which nothing moves.
  void count_still() { counts_still_ = true; }
  const Clock& clock() const { return clock_; }

  // What else is measured: each is called by measure(), from any thread, and holds no part of the graph
  // alive.
  using Meter = std::function<void(MetricText&)>;
  void add_meter(Meter meter);
  void measure(MetricText& text) const;
  void for_each_stream(const std::function<void(const StreamState&)>& look) const;
  void for_each_timer(const std::function<void(const std::string&, const DurationHistogram&)>& look) const;

  // Asked by troubles(), from any thread; holds no part of the graph alive either.
  using TroubleCheck = std::function<std::vector<Trouble>()>;
  void add_trouble_check(TroubleCheck check);
  std::vector<Trouble> troubles() const;

  // A stream's source stands somewhere else now, or its stream is gone (ended). Whoever listens is called on
  // the thread that tells it, returns at once and holds no part of the graph alive.
  using ConnectionListener = std::function<void(const std::string& stream, ConnectionState state)>;
  void on_connection(ConnectionListener listener);
  void set_connection(StreamState& stream, ConnectionState state, const std::string& error = {});

  // What a message from outside asks of a stream: JSON of its keys, or nothing, to remove it. Kept until
  // somebody takes requests; null: nobody does any more. Whoever takes them only notes them down.
  using TakeRequest = std::function<void(const std::string& stream, const std::string& json)>;
  void take_requests(TakeRequest take);
  void request(const std::string& stream, const std::string& json);

  // Where events or messages are kept from run to run, runs are numbered so that no id comes twice. While the
  // graph is built each store and spool asks for the least that it has not seen; the greatest holds.
  void number_from(std::int64_t least) { number_ = std::max(number_, least); }
  // 0 without any.
  std::int64_t number() const { return number_; }
  // What ids of events begin with.
  std::string event_prefix() const { return number_ > 0 ? "r" + std::to_string(number_) + "-" : ""; }

  // Seconds and interrupted are the caller's to fill.
  Summary summary();

 private:
  // 0 before a stop.
  std::int64_t stopped_for_ns() const noexcept;
  StreamSummary summary_of(StreamId id, const StreamState& state) const;

  FaultHook faults_;
  const Clock& clock_;
  std::int64_t number_ = 0;
  std::atomic<std::int64_t> stop_ns_{0};
  std::atomic<std::int64_t> receivers_close_ns_{0};  // 0: not yet
  std::atomic<bool> counts_events_{false};
  std::atomic<bool> counts_still_{false};
  DurationHistogram latency_, dropped_age_;

  mutable std::shared_mutex streams_mutex_;  // guards the map, not what is in it
  std::map<StreamId, std::shared_ptr<StreamState>> streams_;
  StreamId next_stream_ = 0;

  mutable std::mutex mutex_;  // guards what follows
  std::vector<std::pair<std::string, std::unique_ptr<DurationHistogram>>> timers_;
  std::map<std::pair<StreamId, std::string>, FailureCount> failures_;
  std::map<std::string, FailureCount> sink_failures_;
  std::vector<Meter> meters_;
  std::vector<TroubleCheck> trouble_checks_;
  std::vector<ConnectionListener> listeners_;
  StreamSummary detached_;
  TakeRequest take_request_;
  std::deque<std::pair<std::string, std::string>> requests_;  // that nobody has taken
};

}  // namespace actionflow
