// Where results go: the program's standard output, and the sinks that stand in a graph.
#pragma once

#include <string>
#include <vector>

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
};

// Called by one thread at a time. What it throws is counted and reported; the run goes on.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual void window(const WindowResult& result) = 0;
  virtual void summary(const Summary& summary) = 0;
  // For people, not for machines: then a graph's `console` nodes say what it shows.
  virtual bool readable() const { return false; }
};

}  // namespace actionflow
