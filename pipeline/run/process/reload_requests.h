// When a running pipeline's description is to be read anew.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/machine/wake.h"

#include "pipeline/run/process/file_watch.h"
#include "pipeline/run/process/signal_pipe.h"

namespace actionflow {

// Calls `reload`, on a thread of its own, at each SIGHUP and when the watched file has changed. A SIGHUP by
// which a terminal takes leave of the program calls `stop` in its place. One at a time.
class ReloadRequests {
 public:
  // `watch` may be null.
  ReloadRequests(std::unique_ptr<FileWatch> watch, std::function<void()> reload, std::function<void()> stop);
  // Waits for a call that is under way.
  ~ReloadRequests();
  ReloadRequests(const ReloadRequests&) = delete;
  ReloadRequests& operator=(const ReloadRequests&) = delete;

  // Has this done on the thread, after what was asked for before; it does not throw. From any thread. False,
  // with nothing done, where kMostPosted wait.
  bool post(std::function<void()> work);
  static constexpr std::size_t kMostPosted = 1024;

 private:
  void wait_for_requests();
  void do_posted();

  const std::unique_ptr<FileWatch> watch_;
  const std::function<void()> reload_, stop_;
  const bool had_terminal_;
  SignalPipe signals_;
  std::mutex mutex_;
  std::deque<std::function<void()>> posted_;  // guarded by mutex_
  Wake wake_;
  std::thread waiting_;
};

}  // namespace actionflow
