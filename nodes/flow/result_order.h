// Final results of several nodes in one order that does not depend on who was faster.
//
// A stream's results leave by the end of their window, then in the order of the nodes. A result waits until
// every node of its stream has answered a window that ends no earlier. Live streams do not wait: what is
// late there is lost anyway. Thread-safe; results are handed on one at a time.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "nodes/flow/run_context.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

class ResultOrder {
 public:
  using Write = std::function<void(StreamId, Result)>;
  ResultOrder(RunContext& run, Write write) : run_(run), write_(std::move(write)) {}

  // A node that gives final results.
  int add_node() { return nodes_++; }
  // A stream of which it gives them. Before the stream's first put().
  void add_stream(int node, StreamId stream);
  // A node's next answer for a stream, in the order of its windows: its results, none where it failed or was
  // dropped.
  void put(int node, StreamId stream, double end, std::vector<Result> results);
  // Nothing more comes: writes what waits.
  void flush();
  // Nothing more comes of the stream: the same for it alone.
  void forget(StreamId stream);
  // Of how many streams something is kept.
  std::size_t streams() const;

 private:
  struct NodeResults {
    double end = 0;
    std::vector<Result> results;
  };
  using Lanes = std::map<int, std::deque<NodeResults>>;  // by node

  // The lane whose first answer is next; end() while one is empty, unless `at_end`.
  static Lanes::iterator next(Lanes& lanes, bool at_end);
  void write(StreamId stream, Lanes& lanes, bool at_end);
  void write(StreamId stream, std::vector<Result> results);

  RunContext& run_;
  const Write write_;
  int nodes_ = 0;
  mutable std::mutex mutex_;
  std::map<StreamId, Lanes> streams_;
};

}  // namespace actionflow
