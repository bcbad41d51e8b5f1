// A real Kafka broker for a test (tests/tools/kafka_broker), stopped, killed, frozen and started again at the
// same port. Starting takes seconds.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/tools/server_process.h"

namespace actionflow::testing {

class KafkaBroker : public ServerProcess {
 public:
  // Why there is none on this machine; empty where there is.
  static std::string missing() {
    ChildProcess there({script(), "there"});
    return there.read_all(60);
  }

  // `listener`: its security protocol; `settings`: further lines of its configuration; `users`: arguments of
  // its format.
  explicit KafkaBroker(const std::string& listener = "PLAINTEXT", const std::string& settings = "",
                       const std::vector<std::string>& users = {}) {
    const std::string own = listener + "://localhost:" + std::to_string(port());
    const std::string controller = "localhost:" + std::to_string(free_port());
    std::ofstream(folder() / "server.properties")
        << "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@" << controller
        << "\nlisteners=" << own << ",CONTROLLER://" << controller << "\nadvertised.listeners=" << own
        << "\ninter.broker.listener.name=" << listener
        << "\ncontroller.listener.names=CONTROLLER\nlistener.security.protocol.map=CONTROLLER:PLAINTEXT,"
        << listener << ":" << listener << "\nlog.dirs=" << (folder() / "data").string()
        << "\noffsets.topic.replication.factor=1\nnum.partitions=3\n"
        << settings;
    std::vector<std::string> words{script(), "format", folder().path().string()};
    words.insert(words.end(), users.begin(), users.end());
    if (ChildProcess(words).wait() != 0) throw std::runtime_error("Kafka's folder cannot be made");
  }

  std::string address() const { return "localhost:" + std::to_string(port()); }

 private:
  static std::string script() { return ACTIONFLOW_ROOT "/tests/tools/kafka_broker"; }
  std::vector<std::string> command() const override { return {script(), "run", folder().path().string()}; }
};

}  // namespace actionflow::testing
