// A real server that a test starts, stops, kills and freezes: the one of KafkaBroker, Mosquitto and the like.
#pragma once

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/tools/child_process.h"
#include "tests/tools/free_port.h"
#include "tests/tools/temporary_folder.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {

// Has a folder and a port of this machine for as long as it lives, whether it runs or not.
class ServerProcess {
 public:
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Returns when it takes connections.
  void start() {
    process_ = std::make_unique<ChildProcess>(command(), log_file());
    if (!wait_for([this] { return accepts_connections(port_) || !process_->running(); }) ||
        !process_->running())
      throw std::runtime_error(command().front() + " does not start: " + log());
  }
  void stop() { end(SIGTERM); }
  void kill() { end(SIGKILL); }
  void freeze() const { process_->signal(SIGSTOP); }
  void thaw() const { process_->signal(SIGCONT); }

  int port() const { return port_; }

 protected:
  ServerProcess() : port_(free_port()) {}
  virtual ~ServerProcess() = default;

  virtual std::vector<std::string> command() const = 0;
  const TemporaryFolder& folder() const { return folder_; }

 private:
  std::string log_file() const { return (folder_ / "log").string(); }
  std::string log() const {
    std::ifstream file(log_file());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void end(int signal) {
    process_->signal(signal);
    process_->wait();
    process_.reset();
  }

  const TemporaryFolder folder_;
  const int port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace actionflow::testing
