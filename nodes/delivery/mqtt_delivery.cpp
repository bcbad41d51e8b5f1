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
    if (std::exchange(called_offline_, false)) {
      log::info(
          "{}: {} said offline, by a lost connection of ours or another program with this topic; we are here",
          broker_.shown(), available_);
      client_->publish(available_, "online", true);
    }
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
  const auto hear_all = [this](const std::string& topic, const std::string& payload) {
    hear(topic, payload);
  };
  client_->subscribe(available_, hear_all);
  if (!pattern_.empty()) client_->subscribe(pattern_, hear_all);
  client_->publish(available_, "online", true);
  called_offline_ = false;
}

// While the client waits for something, so nothing is published here.
void MqttDelivery::hear(const std::string& topic, const std::string& payload) {
  if (topic == available_)
    called_offline_ = payload == "offline";
  else
    take_(topic, payload);
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
