// How far a stream has been cut into windows, for what draws windows on pictures. Thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <mutex>

namespace actionflow {

class WindowProgress {
 public:
  // Of `windows` windows, 0 to windows − 1, all have been cut; further ones begin at `horizon` or later,
  // in seconds since the stream's first frame.
  struct State {
    std::int64_t windows = 0;
    double horizon = -std::numeric_limits<double>::infinity();
  };

  void set(State state) {
    const std::lock_guard lock(mutex_);
    state_ = state;
  }
  State get() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }

 private:
  mutable std::mutex mutex_;
  State state_;
};

}  // namespace actionflow
