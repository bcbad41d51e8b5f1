// A real MQTT broker for a test, stopped, killed, frozen and started again at the same port, and somebody who
// listens to it. What it has for a listener who is away survives on disk.
#pragma once

#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/tools/server_process.h"

namespace actionflow::testing {

class Mosquitto : public ServerProcess {
 public:
  // `settings`: further lines of its configuration.
  explicit Mosquitto(const std::string& settings = "allow_anonymous true\n") {
    std::ofstream(folder() / "conf") << "listener " << port() << " 127.0.0.1\nuser root\npersistence true\n"
                                     << "persistence_location " << folder().path().string() << "/\n"
                                     << "autosave_on_changes true\nautosave_interval 1\n"
                                     << "max_queued_messages 0\n"
                                     << settings;
  }

  // Loses what is on its disk; while it is stopped.
  void forget() const { std::filesystem::remove(folder() / "mosquitto.db"); }

  // An empty payload takes back what is kept of the topic.
  void publish(const std::string& topic, const std::string& payload, bool retain) const {
    std::vector<std::string> words{
        "mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(port()), "-q", "1", "-t", topic};
    if (retain) words.emplace_back("-r");
    if (payload.empty())
      words.emplace_back("-n");
    else
      words.insert(words.end(), {"-m", payload});
    ChildProcess client(words, folder() / "publish.txt");
    if (client.wait() != 0) throw std::runtime_error("mosquitto_pub cannot publish");
  }

  std::string address() const { return "mqtt://127.0.0.1:" + std::to_string(port()); }
  static bool installed() { return access(kProgram, X_OK) == 0; }

 private:
  static constexpr const char* kProgram = "/usr/sbin/mosquitto";
  std::vector<std::string> command() const override { return {kProgram, "-c", (folder() / "conf").string()}; }
};

// Hears everything that is said, also what was said while it had lost the broker.
class MqttListener {
 public:
  explicit MqttListener(const Mosquitto& broker, const std::string& topics = "#")
      : process_({"stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()),
                  "-t", topics, "-q", "1", "-c", "-i", "listener", "-F", "%t %p", "-d"}) {
    // With -d it says when it has subscribed.
    const Deadline deadline(kSeconds);
    while (const auto line = process_.read_line(deadline.seconds_left())) {
      if (line->starts_with("Subscribed")) return;
    }
    throw std::runtime_error("mosquitto_sub does not subscribe");
  }

  // "TOPIC PAYLOAD" of the next message; empty when none comes in two minutes, in which it does say that it
  // pings the broker.
  std::string next() {
    const Deadline deadline(kSeconds);
    while (const auto line = process_.read_line(deadline.seconds_left())) {
      if (!line->starts_with("Client ") && !line->starts_with("Subscribed")) return *line;
    }
    return {};
  }

 private:
  static constexpr double kSeconds = 120;
  ChildProcess process_;
};

}  // namespace actionflow::testing
