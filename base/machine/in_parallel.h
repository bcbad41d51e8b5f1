// Work shared out among threads: videos judged, looked through or drawn several at a time.
//
// Units are taken in order, each once, by whichever thread is free; a call's own thread works, too. The first
// exception ends what follows and is thrown on; a stop ends it with Interrupted. Units that have begun are
// finished either way.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
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
// it. `stop` may be null.
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
    std::vector<std::jthread> helpers;
    const std::size_t most = std::min(static_cast<std::size_t>(std::max(1, threads)), count);
    try {
      while (helpers.size() + 1 < most) helpers.emplace_back(body);
    } catch (const std::system_error&) {
      // Fewer do it, too.
    }
    if (count > 0) body();
  }
  if (error) std::rethrow_exception(error);
  if (stopped()) throw Interrupted();
}

// The same for work(i).
template <class Work>
void run_in_parallel(std::size_t count, int threads, const std::atomic<bool>* stop, Work work) {
  struct Nothing {};
  run_in_parallel(
      count, threads, stop, [] { return Nothing(); }, [&work](std::size_t at, Nothing&) { work(at); });
}

}  // namespace actionflow
