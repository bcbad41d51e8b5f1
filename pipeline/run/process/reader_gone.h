// Standard output without a reader, as `| head` leaves it.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "pipeline/run/process/signal_pipe.h"

namespace actionflow {

// Calls `stop` once, on a thread of its own, when something was written to standard output that nobody reads
// any more: what runs ends in order. Then, at the end of this, the program ends by SIGPIPE, as it would have
// at once without us. Where SIGPIPE is ignored nothing of this happens.
class StopWithoutReader {
 public:
  explicit StopWithoutReader(std::function<void()> stop);
  ~StopWithoutReader();
  StopWithoutReader(const StopWithoutReader&) = delete;
  StopWithoutReader& operator=(const StopWithoutReader&) = delete;

 private:
  SignalPipe signals_;
  std::atomic<bool> gone_{false};
  std::thread waiting_;
};

}  // namespace actionflow
