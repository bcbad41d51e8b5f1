// mqtt: what becomes of actions, told to an MQTT broker (nodes/sinks/mqtt_messages.h) through a spool.
#include <algorithm>

#include "base/machine/clock.h"
#include "nodes/delivery/mqtt_delivery.h"
#include "nodes/sinks/mqtt_address.h"
#include "nodes/sinks/mqtt_messages.h"
#include "nodes/sinks/sink_kinds.h"
#include "nodes/sinks/spooled_node.h"

namespace actionflow {

namespace {

struct MqttOptions : MqttAddress {
  static constexpr SpoolFormat kFormat{.kind = "mqtt", .topics = true};
  std::string topic = "actionflow";
  std::string discovery = "homeassistant";
  bool cameras = false;
  SpoolOptions spool;

  static void describe(config::Fields<MqttOptions>& fields) {
    describe_address(fields);
    fields.add("topic", &MqttOptions::topic, "what all topics begin with");
    fields.add("discovery", &MqttOptions::discovery,
               "the prefix by which Home Assistant finds our sensors; \"\" for none");
    fields.add("cameras", &MqttOptions::cameras,
               "whoever may write to TOPIC/streams/NAME/set adds and changes cameras, by JSON of a stream's "
               "keys, and "
               "removes them, by an empty message");
    fields.add("spool", &MqttOptions::spool, "what waits while the broker is away");
  }

  void check(const config::Value& value, config::Diagnostics& diagnostics) const {
    ReceiverCheck check(value, diagnostics);
    check_address(check);
    if (!usable_prefix(topic))
      check.wrong("topic", "topic is '" + topic + "', expected words parted by /, without + and #");
    if (!discovery.empty() && !usable_prefix(discovery))
      check.wrong("discovery",
                  "discovery is '" + discovery + "', expected words parted by /, without + and #, or \"\"");
  }
};

class MqttSink : public SpooledSink {
 public:
  MqttSink(const SpooledUse& use, const MqttOptions& options)
      : MqttSink(use, options, delivery_of(options, use.run)) {}

  void connection(const std::string& stream, ConnectionState state) override {
    const Message availability = messages_.availability(stream, state == ConnectionState::open);
    if (state == ConnectionState::ended) {
      // Where machines share cameras, another one may have it from now on.
      delivery_->say_last(availability);
      delivery_->forget(messages_.announcement(stream, labels_));
    } else {
      delivery_->stand(availability);
    }
    courier().wake();
  }

  void event(const EventResult& result) override {
    // After an exchange of weights there may be others.
    if (std::find(labels_.begin(), labels_.end(), result.label) == labels_.end())
      announce(result.stream, {result.label});
    const MqttMessages::Change change = messages_.event(result, clock_.wall_ns());
    put(change.messages, change.notes);
  }

 protected:
  void stream(const std::string& name) override {
    announce(name, labels_);
    connection(name, ConnectionState::waiting);
  }

 private:
  static std::shared_ptr<MqttDelivery> delivery_of(const MqttOptions& options,
                                                   const std::shared_ptr<RunContext>& run) {
    const auto delivery = std::make_shared<MqttDelivery>(options.address(), options.topic);
    if (!options.cameras) return delivery;
    const std::string prefix = options.topic + "/streams/", suffix = "/set";
    delivery->listen(prefix + "+" + suffix,
                     [=, weak = std::weak_ptr(run)](const std::string& topic, const std::string& payload) {
                       const auto alive = weak.lock();
                       const std::size_t around = prefix.size() + suffix.size();
                       if (alive && topic.size() > around)
                         alive->request(topic.substr(prefix.size(), topic.size() - around), payload);
                     });
    return delivery;
  }

  MqttSink(const SpooledUse& use, const MqttOptions& options, std::shared_ptr<MqttDelivery> delivery)
      : SpooledSink(use, delivery),
        labels_(use.labels),
        clock_(use.run->clock()),
        messages_(options.topic, options.discovery),
        delivery_(std::move(delivery)) {
    const auto open = spool().notes();
    Spool::Notes gone;
    for (const auto& [id, state] : open) gone[id] = std::nullopt;
    put(MqttMessages::interrupted(options.topic, open), gone);
  }

  void announce(const std::string& stream, const std::vector<std::string>& labels) {
    delivery_->announce(messages_.announcement(stream, labels));
    courier().wake();
  }

  const std::vector<std::string> labels_;
  const Clock& clock_;
  MqttMessages messages_;
  const std::shared_ptr<MqttDelivery> delivery_;
};

}  // namespace

NodeKind mqtt_kind() {
  return spooled_kind<MqttOptions, MqttSink>("events to an MQTT broker, for Home Assistant and others");
}

}  // namespace actionflow
