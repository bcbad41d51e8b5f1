// One connection to an MQTT broker (3.1.1), driven by the caller's thread alone: the one place that includes
// libmosquitto.
//
// Messages go with quality of service 1: publish() returns when the broker has confirmed it, or false where
// MQTT has no such message: an empty topic, one with + or #, too large a payload. Every answer
// is waited for ten seconds; looking up the broker's name and opening the connection take as long as the
// system gives them, about two minutes where nothing answers. Whatever fails throws Error with the broker's
// address and the reason, and the client is of no further use. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace actionflow {

struct MqttBroker {
  std::string host;
  int port = 1883;
  bool tls = false;
  std::string user, password;              // empty: none
  std::filesystem::path authority;         // certificates in PEM that sign the broker's; empty: the system's
  std::filesystem::path certificate, key;  // ours, where the broker wants them

  // "mqtt://user:password@host:1883", "mqtts://host" (port 8883); nullopt where it is none. %XX in user and
  // password stands for a byte.
  static std::optional<MqttBroker> parse(const std::string& address);
  // For messages: without user and password.
  std::string shown() const;
};

class MqttClient {
 public:
  struct Will {
    std::string topic, payload;  // retained; an empty one takes back what is kept of the topic
  };
  static constexpr std::chrono::seconds kKeepAlive{30};

  // Connects; returns when the broker has accepted us. A broker that hears nothing for one and a half times
  // `keep_alive` sends the will.
  MqttClient(const MqttBroker& broker, const Will& will, std::chrono::seconds keep_alive = kKeepAlive);
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  bool publish(const std::string& topic, const std::string& payload, bool retain);
  // From now on what comes to topics of this pattern is handed over while publish() or idle() waits; what the
  // broker keeps of them comes at once. The last `take` gets what comes to all patterns; it does not throw.
  using Take = std::function<void(const std::string& topic, const std::string& payload)>;
  void subscribe(const std::string& pattern, Take take);
  // Answers the broker and keeps the connection alive until `wake` can be read or the time is over.
  void idle(int wake, std::chrono::milliseconds most);
  // A regular end: the broker forgets the will.
  void disconnect();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
