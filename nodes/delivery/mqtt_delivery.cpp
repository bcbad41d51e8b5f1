#include "nodes/delivery/mqtt_delivery.h"

#include <utility>

#include "base/log/log.h"

namespace actionflow {

namespace {

// "+" stands for any one level.
bool matches(std::string_view topic, std::string_view pattern) {
  for (;;) {
    const std::size_t topic_end = topic.find('/'), pattern_end = pattern.find('/');
    const std::string_view wanted = pattern.substr(0, pattern_end);
    if (wanted != "+" && wanted != topic.substr(0, topic_end)) return false;
    if (topic_end == std::string_view::npos || pattern_end == std::string_view::npos)
      return topic_end == pattern_end;
    topic.remove_prefix(topic_end + 1);
    pattern.remove_prefix(pattern_end + 1);
  }
}

bool says_nothing(std::string_view payload) { return payload == "offline" || payload == "0"; }

}  // namespace

MqttDelivery::MqttDelivery(MqttBroker broker, const std::string& topic)
    : broker_(std::move(broker)), topic_(topic), available_(topic + "/available") {}

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
    for (auto& [topic, standing] : standing_) standing.there = false, standing.echoes = 0;
  }
  publish_standing();
  const auto hear_all = [this](const std::string& topic, const std::string& payload) {
    hear(topic, payload);
  };
  client_->subscribe(available_, hear_all);
  client_->subscribe(topic_ + "/streams/+/available", hear_all);
  client_->subscribe(topic_ + "/+/+", hear_all);
  if (!pattern_.empty()) client_->subscribe(pattern_, hear_all);
  client_->publish(available_, "online", true);
  called_offline_ = false;
}

// While the client waits for something, so nothing is published here.
void MqttDelivery::hear(const std::string& topic, const std::string& payload) {
  if (topic == available_) {
    called_offline_ = payload == "offline";
  } else if (!pattern_.empty() && matches(topic, pattern_)) {
    take_(topic, payload);
  } else if (says_nothing(payload)) {
    const std::lock_guard lock(mutex_);
    const auto ours = standing_.find(topic);
    if (ours == standing_.end()) return;
    Standing& standing = ours->second;
    if (standing.echoes > 0) {
      --standing.echoes;
    } else if (!says_nothing(standing.payload)) {
      standing.there = false;
    }
  }
}

void MqttDelivery::publish_standing() {
  std::vector<std::pair<std::string, std::string>> missing;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [topic, standing] : standing_) {
      if (std::exchange(standing.there, true)) continue;
      missing.emplace_back(topic, standing.payload);
      standing.echoes += says_nothing(standing.payload) ? 1 : 0;
    }
    std::erase_if(standing_, [](const auto& each) { return each.second.last; });
  }
  for (const auto& [topic, payload] : missing) client_->publish(topic, payload, true);
}

void MqttDelivery::announce(const std::vector<Message>& messages) {
  const std::lock_guard lock(mutex_);
  for (const Message& message : messages) standing_.try_emplace(message.topic, Standing{message.payload});
}

// With the mutex held.
void MqttDelivery::say(const Message& message, bool last) {
  Standing& standing = standing_[message.topic];
  standing.payload = message.payload;
  standing.there = false;
  standing.last = last;
}

void MqttDelivery::stand(const Message& message) {
  const std::lock_guard lock(mutex_);
  say(message, false);
}

void MqttDelivery::forget(const std::vector<Message>& messages) {
  const std::lock_guard lock(mutex_);
  for (const Message& message : messages) standing_.erase(message.topic);
}

void MqttDelivery::say_last(const Message& message) {
  const std::lock_guard lock(mutex_);
  say(message, true);
}

bool MqttDelivery::deliver(const Message& message) {
  bool taken = false;
  guarded([&] {
    if (message.retain) {
      const std::lock_guard lock(mutex_);
      if (const auto ours = standing_.find(message.topic); ours != standing_.end()) {
        ours->second.payload = message.payload;
        ours->second.echoes += says_nothing(message.payload) ? 1 : 0;
      }
    }
    taken = client_->publish(message.topic, message.payload, message.retain);
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
