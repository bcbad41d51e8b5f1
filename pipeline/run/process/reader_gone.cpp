#include "pipeline/run/process/reader_gone.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

namespace actionflow {
namespace {

// The signal may be of a connection, too.
bool has_no_reader(int descriptor) {
  pollfd output{descriptor, POLLOUT, 0};
  return poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

}  // namespace

StopWithoutReader::StopWithoutReader(std::function<void()> stop) : signals_{SIGPIPE} {
  waiting_ = std::thread([this, stop = std::move(stop)] {
    while (signals_.read() != SignalPipe::kClosed) {
      if (has_no_reader(STDOUT_FILENO) && !gone_.exchange(true)) stop();
    }
  });
}

StopWithoutReader::~StopWithoutReader() {
  signals_.close();
  waiting_.join();
  signals_.let_go();
  if (gone_) raise(SIGPIPE);
}

}  // namespace actionflow
