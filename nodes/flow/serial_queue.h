// Work that runs one piece at a time, in order, on the workers of a flow graph.
//
// A queue that is idle costs nothing: it becomes a task of the graph when something is posted, and one task
// runs one piece, so that queues share the workers fairly. The graph waits for what is posted. Unlike a flow
// node, a queue may come and go while the graph runs. post() may be called from any thread.
#pragma once

#include <oneapi/tbb/flow_graph.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace actionflow {

class SerialQueue : public std::enable_shared_from_this<SerialQueue> {
 public:
  // The node of the graph that runs pieces of any number of queues, all at one priority.
  using Runner = tbb::flow::function_node<std::shared_ptr<SerialQueue>, tbb::flow::continue_msg>;
  static std::unique_ptr<Runner> make_runner(tbb::flow::graph& graph, tbb::flow::node_priority_t priority);

  explicit SerialQueue(Runner& runner) : runner_(runner) {}

  // `piece` must not throw.
  void post(std::function<void()> piece);

 private:
  void run_next();

  Runner& runner_;
  std::mutex mutex_;
  std::deque<std::function<void()>> pieces_;
  bool scheduled_ = false;
};

}  // namespace actionflow
