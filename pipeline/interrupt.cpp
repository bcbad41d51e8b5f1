#include "pipeline/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace actionflow {
namespace {

constexpr char kSignal = 's';
constexpr char kDone = 'd';

int signal_pipe = -1;

// The first signal goes down the pipe; the next one finds the default action again.
void on_signal(int) {
  const int saved = errno;
  [[maybe_unused]] const auto written = write(signal_pipe, &kSignal, 1);
  errno = saved;
}

void set_handlers(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART | (handler == SIG_DFL ? 0 : static_cast<int>(SA_RESETHAND));
  for (const int number : {SIGINT, SIGTERM}) sigaction(number, &action, nullptr);
}

}  // namespace

StopOnSignal::StopOnSignal(std::function<void()> stop) {
  if (pipe2(wake_, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  signal_pipe = wake_[1];
  set_handlers(on_signal);
  waiting_ = std::thread([this, stop = std::move(stop)] {
    char what = kDone;
    while (read(wake_[0], &what, 1) < 0 && errno == EINTR) {
    }
    if (what == kSignal) stop();
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
