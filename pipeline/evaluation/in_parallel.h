// Things judged several at a time: videos, streams.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"

namespace actionflow {

// Thrown once a stop flag is set.
class Interrupted : public Error {
 public:
  Interrupted() : Error(ExitCode::interrupted, "interrupted") {}
};

// Calls work(i, own) for each i below `count` from at most `threads` threads, each with what make_own() gave
// it. Ends at the first exception, which it throws on, and at `stop` (may be null), with Interrupted.
template <class MakeOwn, class Work>
void run_in_parallel(std::size_t count, int threads, const std::atomic<bool>* stop, MakeOwn make_own,
                     Work work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::exception_ptr error;
  const auto stopped = [stop] { return stop != nullptr && stop->load(); };
  const auto body = [&] {
    try {
      auto own = make_own();
      while (!stopped() && !failed.load()) {
        const std::size_t at = next.fetch_add(1);
        if (at >= count) return;
        work(at, own);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
      failed.store(true);
    }
  };
  {
    std::vector<std::jthread> running;
    const std::size_t most = std::min(static_cast<std::size_t>(std::max(1, threads)), count);
    for (std::size_t i = 0; i < most; ++i) running.emplace_back(body);
  }
  if (error) std::rethrow_exception(error);
  if (stopped()) throw Interrupted();
}

}  // namespace actionflow
