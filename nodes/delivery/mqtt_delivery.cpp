#include "nodes/delivery/mqtt_delivery.h"

#include <utility>

#include "base/log/log.h"

namespace actionflow {

MqttDelivery::MqttDelivery(MqttBroker broker, const std::string& topic)
    : broker_(std::move(broker)), available_(topic + "/available") {}

template <class Work>
void MqttDelivery::guarded(Work work) {
  try {
    if (!client_) connect();
    publish_standing();
    work();
  } catch (...) {
    client_.reset();
    throw;
  }
}

void MqttDelivery::connect() {
  client_ = std::make_unique<MqttClient>(broker_, MqttClient::Will{available_, "offline"});
  {
    const std::lock_guard lock(mutex_);
    for (auto& [topic, standing] : standing_) standing.there = false;
  }
  publish_standing();
  if (!pattern_.empty()) client_->subscribe(pattern_, take_);
  client_->publish(available_, "online", true);
}

void MqttDelivery::publish_standing() {
  std::vector<std::pair<std::string, std::string>> missing;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [topic, standing] : standing_) {
      if (!std::exchange(standing.there, true)) missing.emplace_back(topic, standing.payload);
    }
  }
  for (const auto& [topic, payload] : missing) client_->publish(topic, payload, true);
}

void MqttDelivery::announce(const std::vector<Message>& messages) {
  const std::lock_guard lock(mutex_);
  for (const Message& message : messages) standing_.try_emplace(message.topic, Standing{message.payload});
}

void MqttDelivery::stand(const Message& message) {
  const std::lock_guard lock(mutex_);
  standing_.insert_or_assign(message.topic, Standing{message.payload});
}

bool MqttDelivery::deliver(const Message& message) {
  bool taken = false;
  guarded([&] {
    taken = client_->publish(message.topic, message.payload, message.retain);
    if (!taken || !message.retain) return;
    const std::lock_guard lock(mutex_);
    standing_.insert_or_assign(message.topic, Standing{message.payload, true});
  });
  if (!taken)
    log::warn("{}: MQTT has no message to topic '{}' of {} bytes; it is not sent", broker_.shown(),
              message.topic, message.payload.size());
  return taken;
}

void MqttDelivery::idle(int wake, std::chrono::milliseconds most) {
  guarded([&] { client_->idle(wake, most); });
}

void MqttDelivery::close() {
  guarded([&] {
    client_->publish(available_, "offline", true);
    client_->disconnect();
  });
}

}  // namespace actionflow
