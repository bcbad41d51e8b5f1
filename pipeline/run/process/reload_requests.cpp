#include "pipeline/run/process/reload_requests.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace actionflow {

namespace {

bool has_terminal() {
  const int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal >= 0) close(terminal);
  return terminal >= 0;
}

}  // namespace

ReloadRequests::ReloadRequests(std::unique_ptr<FileWatch> watch, std::function<void()> reload,
                               std::function<void()> stop)
    : watch_(std::move(watch)),
      reload_(std::move(reload)),
      stop_(std::move(stop)),
      had_terminal_(has_terminal()),
      signals_{SIGHUP} {
  waiting_ = std::thread([this] { wait_for_requests(); });
}

ReloadRequests::~ReloadRequests() {
  signals_.close();
  waiting_.join();
}

void ReloadRequests::wait_for_requests() {
  for (;;) {
    std::array<pollfd, 3> ready{pollfd{signals_.descriptor(), POLLIN, 0},
                                pollfd{watch_ ? watch_->descriptor() : -1, POLLIN, 0},
                                pollfd{wake_.descriptor(), POLLIN, 0}};
    if (poll(ready.data(), ready.size(), -1) < 0) continue;
    if (ready[0].revents != 0) {
      if (signals_.read() == SignalPipe::kClosed) return;
      if (watch_) watch_->take_change();
      had_terminal_ && !has_terminal() ? stop_() : reload_();
    } else if (ready[1].revents != 0 && watch_->take_change()) {
      reload_();
    } else if (ready[2].revents != 0) {
      do_posted();
    }
  }
}

bool ReloadRequests::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (posted_.size() >= kMostPosted) return false;
    posted_.push_back(std::move(work));
  }
  wake_.wake();
  return true;
}

void ReloadRequests::do_posted() {
  wake_.clear();
  for (;;) {
    std::function<void()> work;
    {
      const std::lock_guard lock(mutex_);
      if (posted_.empty()) return;
      work = std::move(posted_.front());
      posted_.pop_front();
    }
    work();
  }
}

}  // namespace actionflow
