// Counts what of a stream is still in the graph, so that one can wait until nothing is. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace actionflow {

class InFlight : public std::enable_shared_from_this<InFlight> {
 public:
  // Counts as one from its making until it is gone.
  class Hold {
   public:
    Hold() = default;
    explicit Hold(std::shared_ptr<InFlight> counter) : counter_(std::move(counter)) {
      const std::lock_guard lock(counter_->mutex_);
      ++counter_->count_;
    }
    ~Hold() {
      if (!counter_) return;
      const std::lock_guard lock(counter_->mutex_);
      ++counter_->ended_;
      if (--counter_->count_ == 0) counter_->none_.notify_all();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    std::shared_ptr<InFlight> counter_;
  };

  bool none() const {
    const std::lock_guard lock(mutex_);
    return count_ == 0;
  }
  // How many were there and are gone.
  std::int64_t ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  void wait_for_none() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable none_;
  std::int64_t count_ = 0;
  std::int64_t ended_ = 0;
};

}  // namespace actionflow
