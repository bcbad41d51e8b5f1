// Final results of several nodes in one order that does not depend on who was faster.
//
// A stream's results leave by the end of their window, then in the order of the nodes. A result waits until
// every node of its stream has answered a window that ends no earlier. Live streams do not wait: what is
// late there is lost anyway. Thread-safe; results are written one at a time.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "nodes/flow/run_context.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

class ResultOrder {
 public:
  // `sink` must outlive it. What the sink throws is reported to `run`.
  ResultOrder(RunContext& run, ResultSink& sink) : run_(run), sink_(sink) {}

  // A node that gives final results of these streams. Before any put().
  int add_node(const std::vector<StreamId>& streams);
  // A node's next answer for a stream, in the order of its windows; empty where it failed or was dropped.
  void put(int node, StreamId stream, double end, std::optional<WindowResult> result);
  // Nothing more comes: writes what waits.
  void flush();

 private:
  struct Answer {
    double end = 0;
    std::optional<WindowResult> result;
  };
  using Lanes = std::map<int, std::deque<Answer>>;  // by node

  // The lane whose first answer is next; end() while one is empty, unless `at_end`.
  static Lanes::iterator next(Lanes& lanes, bool at_end);
  void write(Lanes& lanes, bool at_end);
  void write(const std::optional<WindowResult>& result);

  RunContext& run_;
  ResultSink& sink_;
  int nodes_ = 0;
  std::mutex mutex_;
  std::map<StreamId, Lanes> streams_;
};

}  // namespace actionflow
