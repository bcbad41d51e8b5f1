// Where results go: the program's standard output, and the sinks that stand in a graph.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "nodes/events/event_decoder.h"
#include "nodes/results/summary.h"

namespace actionflow {

struct ScoredLabel {
  std::string label;
  float score = 0;  // a probability
};

// What one node says of one window of one stream. Times are seconds since the stream's first frame.
struct WindowResult {
  std::string stream;
  std::string node;
  double start = 0;
  double end = 0;
  bool padded = false;
  std::vector<ScoredLabel> top;  // at least one, best first
  double latency_ms = 0;         // from the newest frame's arrival to this result
  bool none = false;             // it is none of the classes: the best is not likely enough
};

// What has become of an action: it began, goes on, or is over.
struct EventResult {
  std::string stream;
  std::string node;
  std::string id;  // the same for all that is said of one action, and no other's in the run
  std::string label;
  EventChange change;                        // its times are seconds since the stream's first frame
  std::optional<std::int64_t> zero_ns = {};  // of a live stream: UTC at its first frame
  std::int64_t zero_pts_us = 0;              // what the container's time stamps here are at second 0

  bool over() const { return change.kind == EventChange::ended; }
};

// Nothing more comes of a stream.
struct StreamEnd {
  std::string stream;
  double seconds = 0;  // its length, as far as it was seen
  bool whole = false;  // all of it was read and answered; a camera is whole when it is stopped
  std::optional<std::string> error = {};  // why it could not be read to its end
};

// What a sink is given. A further kind of result is one more alternative and one more member of ResultSink;
// queues and threads between graph and sink carry them all alike.
using Result = std::variant<WindowResult, EventResult, StreamEnd, Summary>;

// Called by one thread at a time, which may be another than the one that made it. What it throws is counted
// and reported, decides the exit code, and the run goes on.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual void window(const WindowResult& result) = 0;
  virtual void event(const EventResult& result) = 0;
  // After all results of the stream, those of others around it.
  virtual void stream_end(const StreamEnd&) {}
  virtual void summary(const Summary& summary) = 0;
  // Nothing more comes.
  virtual void finish() {}
  // For people, not for machines: then a graph's `console` nodes say what it shows.
  virtual bool readable() const { return false; }

  void write(const Result& result);
};

}  // namespace actionflow
