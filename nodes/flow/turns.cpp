#include "nodes/flow/turns.h"

#include <algorithm>
#include <utility>

namespace actionflow {

Turns::Turns(const Clock& clock, SerialQueue::Schedule first, std::function<void(std::function<void()>)> last)
    : clock_(clock), first_(std::move(first)), last_(std::move(last)) {}

bool Turns::decoding_first() const {
  return clock_.steady_ns() - ended_ns_ < std::max(kLeastNs, took_ns_.load());
}

void Turns::schedule(std::shared_ptr<SerialQueue> queue) {
  if (decoding_first()) return first_(std::move(queue));
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(queue));
  }
  last_([this] { run_one_that_waits(); });
}

void Turns::run_one_that_waits() {
  std::shared_ptr<SerialQueue> queue;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return;  // a call has ended meanwhile
    queue = std::move(waiting_.front());
    waiting_.pop_front();
  }
  queue->run_next();
}

void Turns::end_call(std::int64_t start_ns) {
  const std::int64_t now = clock_.steady_ns();
  took_ns_ = now - start_ns;
  ended_ns_ = now;
  std::deque<std::shared_ptr<SerialQueue>> waited;
  {
    const std::lock_guard lock(mutex_);
    waited.swap(waiting_);
  }
  for (std::shared_ptr<SerialQueue>& queue : waited) first_(std::move(queue));
}

}  // namespace actionflow
