#include "pipeline/run/process/interrupt.h"

#include <poll.h>
#include <signal.h>

#include "base/remote/server_patience.h"

namespace actionflow {
namespace {

// Signals this close together are one wish: timeout(1) sends its own to the program and to its group.
constexpr double kTogetherSeconds = 0.5;
// How long to wait for a signal between two looks at the clock.
constexpr int kLookMs = 20;

// Reads further signals until they are no longer together; false when there is nothing more to wait for.
bool swallow_signals(SignalPipe& signals, const Clock& clock) {
  const Deadline deadline(kTogetherSeconds, clock);
  while (!deadline.passed()) {
    pollfd ready{signals.descriptor(), POLLIN, 0};
    if (poll(&ready, 1, kLookMs) > 0 && signals.read() == SignalPipe::kClosed) return false;
  }
  return true;
}

}  // namespace

StopOnSignal::StopOnSignal(std::function<void()> stop, const Clock& clock) : signals_{SIGINT, SIGTERM} {
  waiting_ = std::thread([this, &clock, stop = std::move(stop)] {
    if (signals_.read() == SignalPipe::kClosed) return;
    end_patience();
    stop();
    if (swallow_signals(signals_, clock)) signals_.let_go();
  });
}

StopOnSignal::~StopOnSignal() {
  signals_.let_go();
  signals_.close();
  waiting_.join();
}

}  // namespace actionflow
