// When a running pipeline's description is to be read anew.
#pragma once

#include <functional>
#include <memory>
#include <thread>

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

 private:
  void wait_for_requests();

  const std::unique_ptr<FileWatch> watch_;
  const std::function<void()> reload_, stop_;
  const bool had_terminal_;
  SignalPipe signals_;
  std::thread waiting_;
};

}  // namespace actionflow
