// What all nodes of one run share: the streams' counters, stopping, failures, timings, and a place for
// tests to inject faults. Everything here may be used from any thread unless it says otherwise.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "nodes/flow/item.h"
#include "nodes/results/summary.h"
#include "nodes/results/timing.h"

namespace actionflow {

// Called in every node's body before its work. May throw, as a broken node would, or have the item
// dropped. Tests use it; otherwise it is empty.
enum class Fault { none, drop };
struct FaultPoint {
  std::string_view node;
  const std::string& stream;
  std::int64_t number;
};
using FaultHook = std::function<Fault(const FaultPoint&)>;

// One stream of a run.
struct StreamState {
  StreamState(std::string stream_name, int decoder_threads)
      : name(std::move(stream_name)), codec_threads(decoder_threads) {}

  const std::string name;
  const int codec_threads;
  // Ends the source's reading.
  StopFlag stop{false};
  // Known once the source is open: then its windows never wait.
  std::atomic<bool> live{false};
  std::atomic<std::int64_t> frames{0};
  std::atomic<std::int64_t> windows{0};
  std::atomic<std::int64_t> dropped{0};
  std::atomic<std::int64_t> failed{0};
  std::atomic<std::int64_t> damaged{0};
  std::atomic<std::int64_t> reconnects{0};
  std::atomic<bool> source_failed{false};
};

class RunContext {
 public:
  static constexpr std::int64_t kDrainNs = 1'700'000'000;  // after a stop; with all else, under 2 s

  explicit RunContext(FaultHook faults = {}) : faults_(std::move(faults)) {}

  // Before the graph is built; ids count from 0.
  StreamId add_stream(const std::string& name, int codec_threads = 1);

  StreamState& stream(StreamId id) { return *streams_[static_cast<std::size_t>(id)]; }
  int stream_count() const { return static_cast<int>(streams_.size()); }

  // May be called in a signal handler.
  void request_stop() noexcept;
  bool stopping() const noexcept { return stop_ns_.load(std::memory_order_relaxed) != 0; }
  // The time for finishing what is in flight is over: nodes answer "dropped" without working.
  bool expired() const noexcept;

  Fault fault(std::string_view node, const ItemKey& key) {
    return faults_ ? faults_({node, stream(key.stream).name, key.number}) : Fault::none;
  }

  // Counts a failure of a node at a stream's item; the first of each node and stream is logged.
  void report(const std::string& node, StreamId stream, const Failure& failure) noexcept;
  // The stream's source failed for good, or its decoder: nothing more is read from it. Logged once.
  void fail_stream(StreamId stream, const Failure& failure) noexcept;
  void report_sink(const std::string& node, const Failure& failure) noexcept;

  // By the stage's name; the reference stays good. Call while the graph is built.
  DurationHistogram& timer(const std::string& stage);
  DurationHistogram& latency() { return latency_; }

  // Seconds and interrupted are the caller's to fill.
  Summary summary();

 private:
  std::vector<std::unique_ptr<StreamState>> streams_;
  FaultHook faults_;
  std::atomic<std::int64_t> stop_ns_{0};
  DurationHistogram latency_;
  std::vector<std::pair<std::string, std::unique_ptr<DurationHistogram>>> timers_;

  std::mutex mutex_;  // guards what follows
  std::map<std::pair<StreamId, std::string>, FailureCount> failures_;
  std::map<std::string, FailureCount> sink_failures_;
};

}  // namespace actionflow
