#include "nodes/flow/serial_queue.h"

#include <utility>

namespace actionflow {

void SerialQueue::post(std::function<void()> piece) {
  {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(piece));
    if (std::exchange(scheduled_, true)) return;
  }
  schedule_(shared_from_this());
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
  schedule_(shared_from_this());
}

}  // namespace actionflow
