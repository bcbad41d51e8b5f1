// Work that runs one piece at a time, in order, on the workers of a flow graph.
//
// A queue that is idle costs nothing: it becomes a task of the graph when something is posted, and one task
// runs one piece, so that queues share the workers fairly. The graph waits for what is posted. Unlike a flow
// node, a queue may come and go while the graph runs. post() may be called from any thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace actionflow {

class SerialQueue : public std::enable_shared_from_this<SerialQueue> {
 public:
  // Makes a task of the graph that calls the queue's run_next() once.
  using Schedule = std::function<void(std::shared_ptr<SerialQueue>)>;

  explicit SerialQueue(Schedule schedule) : schedule_(std::move(schedule)) {}

  // `piece` must not throw.
  void post(std::function<void()> piece);
  // For the task.
  void run_next();

 private:
  const Schedule schedule_;
  std::mutex mutex_;
  std::deque<std::function<void()>> pieces_;
  bool scheduled_ = false;
};

}  // namespace actionflow
