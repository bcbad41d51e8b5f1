#include "pipeline/run/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace actionflow {
namespace {

constexpr char kSignal = 's';
constexpr char kDone = 'd';

// Signals this close together are one wish: timeout(1) sends its own to the program and to its group.
constexpr double kTogetherSeconds = 0.5;
// How long to wait for a signal between two looks at the clock.
constexpr int kLookMs = 20;

int signal_pipe = -1;

void on_signal(int) {
  const int saved = errno;
  [[maybe_unused]] const auto written = write(signal_pipe, &kSignal, 1);
  errno = saved;
}

// A signal that our caller has ignored, as nohup and a shell's background do, stays ignored.
void set_handlers(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction present {};
    sigaction(number, nullptr, &present);
    if (present.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
}

// What comes down the pipe next.
char read_next(int pipe) {
  char what = kDone;
  while (read(pipe, &what, 1) < 0 && errno == EINTR) {
  }
  return what;
}

// Reads further signals until they are no longer together; false when there is nothing more to wait for.
bool swallow_signals(int pipe, const Clock& clock) {
  const Deadline deadline(kTogetherSeconds, clock);
  while (!deadline.passed()) {
    pollfd ready{pipe, POLLIN, 0};
    if (poll(&ready, 1, kLookMs) > 0 && read_next(pipe) == kDone) return false;
  }
  return true;
}

}  // namespace

StopOnSignal::StopOnSignal(std::function<void()> stop, const Clock& clock) {
  if (pipe2(wake_, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  signal_pipe = wake_[1];
  set_handlers(on_signal);
  waiting_ = std::thread([this, &clock, stop = std::move(stop)] {
    if (read_next(wake_[0]) != kSignal) return;
    stop();
    if (swallow_signals(wake_[0], clock)) set_handlers(SIG_DFL);
  });
}

StopOnSignal::~StopOnSignal() {
  set_handlers(SIG_DFL);
  [[maybe_unused]] const auto written = write(wake_[1], &kDone, 1);
  waiting_.join();
  close(wake_[0]);
  close(wake_[1]);
  signal_pipe = -1;
}

}  // namespace actionflow
