#include "pipeline/run/process/signal_pipe.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <system_error>

namespace actionflow {
namespace {

// Where each signal's byte is written, by its number; looked at once a signal is taken.
std::array<std::atomic<int>, NSIG> signal_ends{};

void on_signal(int number) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const auto written = write(signal_ends[static_cast<std::size_t>(number)], &byte, 1);
  errno = saved;
}

void set_handler(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  struct sigaction present {};
  sigaction(number, nullptr, &present);
  // nohup and a shell's background ignore what is not to reach us.
  if (present.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
}

}  // namespace

SignalPipe::SignalPipe(std::initializer_list<int> signals) : signals_(signals) {
  if (pipe2(ends_, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  for (const int number : signals_) {
    signal_ends[static_cast<std::size_t>(number)] = ends_[1];
    set_handler(number, on_signal);
  }
}

SignalPipe::~SignalPipe() {
  let_go();
  for (const int number : signals_) signal_ends[static_cast<std::size_t>(number)] = -1;
  for (const int end : ends_) ::close(end);
}

int SignalPipe::read() {
  unsigned char byte = kClosed;
  while (::read(ends_[0], &byte, 1) < 0 && errno == EINTR) {
  }
  return byte;
}

void SignalPipe::close() {
  const unsigned char byte = kClosed;
  [[maybe_unused]] const auto written = write(ends_[1], &byte, 1);
}

void SignalPipe::let_go() {
  for (const int number : signals_) set_handler(number, SIG_DFL);
}

}  // namespace actionflow
