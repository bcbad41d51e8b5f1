// A real MQTT broker for a test, stopped, killed, frozen and started again at the same port, and somebody who
// listens to it. What it has for a listener who is away survives on disk.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/tools/child_process.h"
#include "tests/tools/temporary_folder.h"
#include "tests/tools/wait_for.h"

namespace actionflow::testing {

// Of this machine, free a moment ago.
inline int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port");
  close(socket);
  return ntohs(address.sin_port);
}

// Somebody accepts connections there.
inline bool answers(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool connected = connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(socket);
  return connected;
}

class Mosquitto {
 public:
  // `settings`: further lines of its configuration.
  explicit Mosquitto(const std::string& settings = "allow_anonymous true\n") : port_(free_port()) {
    std::ofstream(folder_ / "conf") << "listener " << port_ << " 127.0.0.1\nuser root\npersistence true\n"
                                    << "persistence_location " << folder_.path().string() << "/\n"
                                    << "autosave_on_changes true\nautosave_interval 1\n"
                                    << "max_queued_messages 0\n"
                                    << settings;
  }

  void start() {
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"/usr/sbin/mosquitto", "-c", (folder_ / "conf").string()},
        (folder_ / "log").string());
    if (!wait_for([this] { return answers(port_) || !process_->running(); }) || !process_->running())
      throw std::runtime_error("mosquitto does not start");
  }
  void stop() { end(SIGTERM); }
  void kill() { end(SIGKILL); }
  // Loses what is on its disk; while it is stopped.
  void forget() const { std::filesystem::remove(folder_ / "mosquitto.db"); }
  void freeze() const { process_->signal(SIGSTOP); }
  void thaw() const { process_->signal(SIGCONT); }

  // An empty payload takes back what is kept of the topic.
  void publish(const std::string& topic, const std::string& payload, bool retain) const {
    std::vector<std::string> words{
        "mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(port_), "-q", "1", "-t", topic};
    if (retain) words.emplace_back("-r");
    if (payload.empty())
      words.emplace_back("-n");
    else
      words.insert(words.end(), {"-m", payload});
    ChildProcess client(words, folder_ / "publish.txt");
    if (client.wait() != 0) throw std::runtime_error("mosquitto_pub cannot publish");
  }

  int port() const { return port_; }
  std::string address() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  static bool installed() { return access("/usr/sbin/mosquitto", X_OK) == 0; }

 private:
  void end(int signal) {
    process_->signal(signal);
    process_->wait();
    process_.reset();
  }

  const TemporaryFolder folder_;
  const int port_;
  std::unique_ptr<ChildProcess> process_;
};

// Hears everything that is said, also what was said while it had lost the broker.
class MqttListener {
 public:
  explicit MqttListener(const Mosquitto& broker, const std::string& topics = "#")
      : process_({"stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()),
                  "-t", topics, "-q", "1", "-c", "-i", "listener", "-F", "%t %p", "-d"}) {
    // With -d it says when it has subscribed.
    while (const auto line = process_.read_line(kSeconds)) {
      if (line->starts_with("Subscribed")) return;
    }
    throw std::runtime_error("mosquitto_sub does not subscribe");
  }

  // "TOPIC PAYLOAD" of the next message; empty when none comes in two minutes.
  std::string next() {
    while (const auto line = process_.read_line(kSeconds)) {
      if (!line->starts_with("Client ") && !line->starts_with("Subscribed")) return *line;
    }
    return {};
  }

 private:
  static constexpr double kSeconds = 120;
  ChildProcess process_;
};

}  // namespace actionflow::testing
