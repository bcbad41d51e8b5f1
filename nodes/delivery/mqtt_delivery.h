// Messages to an MQTT broker, with what has to stand there while we are connected.
//
// `TOPIC/available` says online, once we hear what is said to us, or, after a farewell and by the broker
// itself when we are gone, offline. Where another program of the same topic goes so, we say that one is
// there. Announcements and the newest payload of each of them are published anew with each connection, since
// a broker may have been restarted without its memory; and where another program says that something of ours
// is not there, or not under way ("offline", "0"), though it is. Who has less to say does not contradict, so
// two programs come to an end with it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "nodes/delivery/delivery.h"
#include "nodes/delivery/mqtt_client.h"

namespace actionflow {

class MqttDelivery : public Delivery {
 public:
  MqttDelivery(MqttBroker broker, const std::string& topic);

  // Before the first call of another kind: what comes to these topics goes to `take`, on the courier's
  // thread.
  void listen(std::string pattern, MqttClient::Take take) {
    pattern_ = std::move(pattern);
    take_ = std::move(take);
  }

  // Retained messages that are to stand there as soon as we are connected; the first one of a topic holds,
  // until one is delivered. Their topics begin with ours, or are heard by nobody else. From any thread.
  void announce(const std::vector<Message>& messages);

  // Another payload for a retained message of ours, as soon as we are connected. From any thread.
  void stand(const Message& message);
  // What was announced so is another program's from now on, and stays there as it is. From any thread.
  void forget(const std::vector<Message>& messages);
  // Another payload, said once more, and then forgotten.
  void say_last(const Message& message);

  bool deliver(const Message& message) override;
  void idle(int wake, std::chrono::milliseconds most) override;
  void close() override;

 private:
  struct Standing {
    std::string payload;
    bool there = false;  // published on this connection
    bool last = false;   // and once is enough
    int echoes = 0;      // of "offline" and "0" that we said, and have not heard
  };
  void connect();
  void hear(const std::string& topic, const std::string& payload);
  void publish_standing();
  void say(const Message& message, bool last);
  // Ends the connection where `work` throws.
  template <class Work>
  void guarded(Work work);

  const MqttBroker broker_;
  const std::string topic_, available_;
  std::string pattern_;  // empty: nothing is listened to
  MqttClient::Take take_;
  std::unique_ptr<MqttClient> client_;  // null while there is no connection
  bool called_offline_ = false;         // by another one
  std::mutex mutex_;
  std::map<std::string, Standing> standing_;  // by topic; guarded by mutex_
};

}  // namespace actionflow
