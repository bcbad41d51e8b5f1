// A real Kafka broker for a test (tests/tools/kafka_broker), stopped, killed, frozen and started again at the
// same port. Starting takes seconds.
#pragma once

#include <signal.h>

#include <cstdlib>
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

class KafkaBroker {
 public:
  // Why there is none on this machine; empty where there is.
  static std::string missing() {
    ChildProcess there({script(), "there"});
    return there.read_all(60);
  }

  // `listener`: its security protocol; `settings`: further lines of its configuration; `users`: arguments of
  // its format.
  explicit KafkaBroker(const std::string& listener = "PLAINTEXT", const std::string& settings = "",
                       const std::vector<std::string>& users = {})
      : port_(free_port()) {
    const std::string own = listener + "://localhost:" + std::to_string(port_);
    const std::string controller = "localhost:" + std::to_string(free_port());
    std::ofstream(folder_ / "server.properties")
        << "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@" << controller
        << "\nlisteners=" << own << ",CONTROLLER://" << controller << "\nadvertised.listeners=" << own
        << "\ninter.broker.listener.name=" << listener
        << "\ncontroller.listener.names=CONTROLLER\nlistener.security.protocol.map=CONTROLLER:PLAINTEXT,"
        << listener << ":" << listener << "\nlog.dirs=" << (folder_ / "data").string()
        << "\noffsets.topic.replication.factor=1\nnum.partitions=3\n"
        << settings;
    std::vector<std::string> words{script(), "format", folder_.path().string()};
    words.insert(words.end(), users.begin(), users.end());
    if (ChildProcess(words).wait() != 0) throw std::runtime_error("Kafka's folder cannot be made");
  }

  void start() {
    process_ =
        std::make_unique<ChildProcess>(std::vector<std::string>{script(), "run", folder_.path().string()});
    if (!wait_for([this] { return accepts_connections(port_) || !process_->running(); }) ||
        !process_->running())
      throw std::runtime_error("Kafka does not start: " + log());
  }
  void stop() { end(SIGTERM); }
  void kill() { end(SIGKILL); }
  void freeze() const { process_->signal(SIGSTOP); }
  void thaw() const { process_->signal(SIGCONT); }

  std::string address() const { return "localhost:" + std::to_string(port_); }

 private:
  std::string log() const {
    std::ifstream file(folder_ / "broker.log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string script() { return ACTIONFLOW_ROOT "/tests/tools/kafka_broker"; }
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
