// SIGINT and SIGTERM while something long runs.
#pragma once

#include <functional>
#include <thread>

#include "base/machine/clock.h"
#include "pipeline/run/process/signal_pipe.h"

namespace actionflow {

// Calls `stop` once, on a thread of its own, at the first SIGINT or SIGTERM, and has nobody wait for a server
// any longer (base/remote/server_patience.h); a signal that comes more than half a second later ends the
// program as it would have without us. A signal that was ignored before stays ignored. One at a time.
class StopOnSignal {
 public:
  // `clock` says when half a second has passed.
  explicit StopOnSignal(std::function<void()> stop, const Clock& clock = Clock::system());
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

 private:
  SignalPipe signals_;
  std::thread waiting_;
};

}  // namespace actionflow
