#include "nodes/flow/serial_queue.h"

#include <utility>

namespace actionflow {

std::unique_ptr<SerialQueue::Runner> SerialQueue::make_runner(tbb::flow::graph& graph,
                                                              tbb::flow::node_priority_t priority) {
  return std::make_unique<Runner>(
      graph, tbb::flow::unlimited,
      [](const std::shared_ptr<SerialQueue>& queue) {
        queue->run_next();
        return tbb::flow::continue_msg();
      },
      priority);
}

void SerialQueue::post(std::function<void()> piece) {
  {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(piece));
    if (std::exchange(scheduled_, true)) return;
  }
  runner_.try_put(shared_from_this());
}

// What a piece holds is let go before the next one runs.
void SerialQueue::run_next() {
  {
    std::unique_lock lock(mutex_);
    const std::function<void()> piece = std::move(pieces_.front());
    pieces_.pop_front();
    lock.unlock();
    piece();
  }
  {
    const std::lock_guard lock(mutex_);
    scheduled_ = !pieces_.empty();
    if (!scheduled_) return;
  }
  runner_.try_put(shared_from_this());
}

}  // namespace actionflow
